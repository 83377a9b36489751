"""The built-in shapes, ResNet-20, no mixing: the baseline of the demo.

Run     python train_keras.py configs/shapes_resnet20.py
Result  seed 0: 35.3 % test error; see results/README.md
Time    114 s on two CPU cores
"""

from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="shapes",
    model="resnet20",
    image_size=24,
    epochs=32,
    evaluate_every=8,
    batch_size=32,
    learning_rate=0.05,
    augment="none",
    schedule="cosine",
)
