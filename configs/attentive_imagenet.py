"""ImageNet with Attentive CutMix: ResNet-18, top 6 cells of 49, in the setting of the CutMix paper.

Reproduces Walawalkar et al. 2020, the ImageNet table, one row and column at a time:
    --model resnet34 | resnet101 | resnet152 | densenet121 | … | efficientnet_b7
    --mix none --teacher none | --mix "MixUp()" --teacher none | --mix "CutMix()" --teacher none

Known: six cells, λ by area. Unsure: all else. Epochs, batch, rates, augmentation and weight decay are those of Yun et
al. 2019 (Section 4.1.1 and its code), so that the two methods compare.

Run     python train_keras.py configs/attentive_imagenet.py
Result  published: 24.22 % top-1 error, 26.46 % without mixing; not run here
"""

from cutmix_tf import AttentiveCutMix
from cutmix_tf.attention import Teacher
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="imagenet2012",
    model="resnet18",
    mix=AttentiveCutMix(top_n=6),
    teacher=Teacher("resnet50"),
    epochs=300,
    batch_size=256,
    learning_rate=0.1,
    milestones=(0.25, 0.5, 0.75),
    augment="imagenet",
    image_size=224,
)
