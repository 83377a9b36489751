"""CIFAR-10 as in the Attentive CutMix paper, as far as it is known: ResNet-18, top 6 cells of 49.

Reproduces the CIFAR-10 table of Walawalkar et al. 2020, one row and column at a time:
    --model resnet34 | resnet101 | resnet152 | densenet121 | … | efficientnet_b7
    --mix none --teacher none | --mix "MixUp()" --teacher none | --mix "CutMix()" --teacher none

Known: six cells, λ by area. From the constants of third-party code that cites the paper: 80 epochs, batches of 32,
learning rate 0.001, weight decay 1e-5. Unclear: the optimizer (Adam or SGD), its schedule, crop and flip, the stem,
the teacher, which epoch is reported. Here: SGD with Nesterov momentum at a constant learning rate, crop and flip, the
stem for small images, ResNet-50 with ImageNet weights.

Run     python train_keras.py configs/attentive_cifar10.py
Result  published: 11.06 % test error, 15.33 % without mixing; not run here
"""

from cutmix_tf import AttentiveCutMix
from cutmix_tf.attention import Teacher
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="cifar10",
    model="resnet18",
    mix=AttentiveCutMix(top_n=6),
    teacher=Teacher("resnet50"),
    epochs=80,
    batch_size=32,
    learning_rate=0.001,
    weight_decay=1e-5,
    schedule="constant",
)
