"""The built-in shapes, ResNet-20, CutMix: runs offline and takes minutes.

Run     python train_keras.py configs/shapes_resnet20_cutmix.py
Result  seed 0: 29.5 % test error (without mixing 35.3); see results/README.md
Time    116 s on two CPU cores
"""

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="shapes",
    model="resnet20",
    mix=CutMix(alpha=1.0, prob=0.5),
    image_size=24,
    epochs=32,
    evaluate_every=8,
    batch_size=32,
    learning_rate=0.05,
    augment="none",
    schedule="cosine",
)
