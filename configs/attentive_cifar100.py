"""CIFAR-100 as in the Attentive CutMix paper, as far as it is known: ResNet-18, top 6 cells of 49.

Reproduces the CIFAR-100 table of Walawalkar et al. 2020, one row and column at a time:
    --model resnet34 | resnet101 | resnet152 | densenet121 | … | efficientnet_b7
    --mix none --teacher none | --mix "MixUp()" --teacher none | --mix "CutMix()" --teacher none

Known: six cells, λ by area. Epochs, batch size, learning rate and weight decay are those of attentive_cifar10.py, for
lack of better information. Unclear: all of these, the optimizer, crop and flip, the stem, the teacher, which epoch is
reported.

Run     python train_keras.py configs/attentive_cifar100.py
Result  published: 32.84 % test error, 36.86 % without mixing; not run here
"""

from cutmix_tf import AttentiveCutMix
from cutmix_tf.attention import Teacher
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="cifar100",
    model="resnet18",
    mix=AttentiveCutMix(top_n=6),
    teacher=Teacher("resnet50"),
    epochs=80,
    batch_size=32,
    learning_rate=0.001,
    weight_decay=1e-5,
    schedule="constant",
)
