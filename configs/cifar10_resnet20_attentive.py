"""CIFAR-10, ResNet-20, Attentive CutMix: the run beside cifar10_resnet20.py and cifar10_resnet20_cutmix.py.

After Walawalkar et al. 2020: the six cells of 7×7 that an ImageNet teacher attends to most are pasted, always. All
else is as in the two configs beside it, so that the three compare. The teacher sees images resized to 224 pixels;
its maps are made once, at the start, and cached.

Run     python train_keras.py configs/cifar10_resnet20_attentive.py
Result  seed 0, on a JPEG copy of the set, MobileNetV2 as named: 19.2 % test error, where CutMix at prob 0.5 gave 16.8
        and no mixing 15.7: too few epochs to gain; see results/README.md
Time    about 80 s an epoch on two CPU cores, once 5 to 7 minutes for the maps
        Without a network: --teacher "Teacher('mobilenet_v2', weights='FILE')", a run of your own, or a .keras file
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
