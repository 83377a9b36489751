"""CIFAR-10, ResNet-20, Attentive CutMix: to compare with cifar10_resnet20.py and cifar10_resnet20_cutmix.py.

As in Walawalkar et al. 2020, the six cells of 7×7 that an ImageNet teacher attends to most are pasted into every image.
Everything else is as in the other two configs, so that the three can be compared. The teacher sees images resized to
224 pixels; its maps are computed once, at the start, and cached.

Run     python train_keras.py configs/cifar10_resnet20_attentive.py
Result  seed 0, on a JPEG copy of the dataset, with MobileNetV2 as below: 19.2 % test error, compared with 16.8 for
        CutMix at prob 0.5 and 15.7 without mixing: too few epochs to benefit; see results/README.md
Time    about 80 s per epoch on two CPU cores, plus 5 to 7 minutes for the maps, once
        Offline: --teacher "Teacher('mobilenet_v2', weights='FILE')", a run of your own, or a .keras file
"""

from cutmix_tf import AttentiveCutMix
from cutmix_tf.attention import Teacher
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="cifar10",
    model="resnet20",
    mix=AttentiveCutMix(top_n=6),
    teacher=Teacher("mobilenet_v2"),
    epochs=20,
    batch_size=128,
    learning_rate=0.1,
    schedule="step",
    milestones=(0.5, 0.75),
)
