"""ImageNet as in the CutMix paper: ResNet-50, every batch mixed.

Reproduces Yun et al. 2019, Tables 3 and 4. docs/recipes.md lists each row's overrides, such as:
    --model resnet101 | --model resnext101_32x4d | --mix none | --mix "MixUp(per='batch')"
    --mix none --erase "Cutout(size=112, fill=(123.675, 116.28, 103.53))"
    --mix none --regularizer "WithStochasticDepth(drop_rate=0.25)"

Known from the paper and its code: everything for CutMix on ResNet-50. One λ and box are drawn per batch. The paper's
four GPUs normalized 64 images each; here all 256 are normalized together unless you add --strategy mirrored:4
--no-sync-batch-norm.

Run     python train_keras.py configs/cutmix_imagenet.py
Result  published: 21.40 % top-1 error, 23.68 without mixing (best epoch); not run here
"""

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="imagenet2012",
    model="resnet50",
    mix=CutMix(per="batch"),
    epochs=300,
    batch_size=256,
    learning_rate=0.1,
    milestones=(0.25, 0.5, 0.75),
    augment="imagenet",
    image_size=224,
)
