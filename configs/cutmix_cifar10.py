"""CIFAR-10 as in the CutMix paper: PyramidNet-200, half of the batches mixed.

Reproduces Yun et al. 2019, Table 7, as in cutmix_cifar100.py. docs/recipes.md lists each row's overrides:
    --mix none | --mix "MixUp(per='batch')" | --mix "ManifoldMixUp(per='batch', taps=(0, 2, 3))"
    --mix none --erase "Cutout(size=16, fill=(125, 123, 114))"

Known from the paper and its code: everything except the layers of Manifold Mixup. To normalize over 32 images, as on
the paper's two GPUs, add --strategy mirrored:2 --no-sync-batch-norm.

Run     python train_keras.py configs/cutmix_cifar10.py
Result  published: 2.88 % test error, 3.85 without mixing (best epoch, mean of three runs); not run here
"""

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="cifar10",
    model="pyramidnet200",
    mix=CutMix(prob=0.5, per="batch"),
    epochs=300,
    batch_size=64,
    learning_rate=0.25,
    milestones=(0.5, 0.75),
)
