"""Fifty classes of Tiny ImageNet with boxes, ResNet-20 at 64 pixels: a small model that localizes objects.

For evaluate_keras.py --suites wsol; add --mix "CutMix()" for a comparison. Its last feature map is 16×16.

Run     python train_keras.py configs/tiny_imagenet50_resnet20.py
Result  seed 0: 53.2 % test error; Top-1 Loc 24.6, MaxBoxAccV2 52.7; see results/README.md
Time    about 190 s per epoch on two busy CPU cores
"""

from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="tiny_imagenet50",
    model="resnet20",
    epochs=6,
    batch_size=128,
    learning_rate=0.1,
    schedule="cosine",
)
