"""CIFAR-10, ResNet-20, no mixing: the baseline for CutMix.

Augmentation, schedule and weight decay follow Yun et al. 2019, Section 4.1.2, but for a small model, with batches of
128 at learning rate 0.1, and for 20 epochs instead of 300, so that it finishes on two CPU cores.

Run     python train_keras.py configs/cifar10_resnet20.py
Result  seed 0, on a JPEG copy of the dataset: 15.7 % test error, last and best epoch; see results/README.md
Time    about 80 s per epoch on two CPU cores (660 training images/s)
"""

from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="cifar10",
    model="resnet20",
    epochs=20,
    batch_size=128,
    learning_rate=0.1,
    schedule="step",
    milestones=(0.5, 0.75),
)
