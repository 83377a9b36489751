"""ImageNet with Attentive CutMix: ResNet-18, top 6 cells of 49, trained as in the CutMix paper.

Reproduces the ImageNet table of Walawalkar et al. 2020, one row and column at a time:
    --model resnet34 | resnet101 | resnet152 | densenet121 | … | efficientnet_b7
    --mix none --teacher none | --mix "MixUp()" --teacher none | --mix "CutMix()" --teacher none

Known: six cells, λ by area. Unclear: everything else. Epochs, batch size, learning rates, augmentation and weight decay
are those of Yun et al. 2019 (Section 4.1.1 and their code), so that the two methods can be compared.

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
