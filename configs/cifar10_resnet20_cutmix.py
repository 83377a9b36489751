"""CIFAR-10, ResNet-20, CutMix on half of the images: the everyday run on real data.

Augmentation, schedule and weight decay follow Yun et al. 2019, Section 4.1.2, but for a small model, with batches of
128 at learning rate 0.1, and for 20 epochs instead of 300, so that it finishes on two CPU cores.

Run     python train_keras.py configs/cifar10_resnet20_cutmix.py
Result  seed 0, on a JPEG copy of the dataset: 16.8 % test error (best 16.7), compared with 15.7 without mixing: too few
        epochs to benefit; see results/README.md
Time    about 80 s per epoch on two CPU cores (660 training images/s)
"""

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="cifar10",
    model="resnet20",
    mix=CutMix(alpha=1.0, prob=0.5),
    epochs=20,
    batch_size=128,
    learning_rate=0.1,
    schedule="step",
    milestones=(0.5, 0.75),
)
