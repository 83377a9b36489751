"""CIFAR-100 as in the CutMix paper: PyramidNet-200, half of the batches mixed.

Reproduces Yun et al. 2019, Tables 5, 6 and 8 and Figure 3. docs/recipes.md lists each row's overrides, such as:
    --mix none | --mix "MixUp(alpha=0.5, per='batch')" | --mix "FeatureCutMix(prob=0.5, per='batch', taps=(1,))"
    --mix none --erase "Cutout(size=16, fill=(125, 123, 114))" --label-smoothing 0.1
    --mix none --regularizer "WithDropBlock(drop_rate=0.1, block_size=4, stage_factor=1)"
    --model resnet110_bottleneck --learning-rate 0.1 --mix "CutMix(per='batch')"

Known from the paper and its code: everything. One λ, box and coin are drawn per batch, as in that code. The paper's two
GPUs normalized 32 images each; here all 64 are normalized together unless you add --strategy mirrored:2
--no-sync-batch-norm.

Run     python train_keras.py configs/cutmix_cifar100.py
Result  published: 14.47 % test error, 16.45 without mixing (best epoch, mean of three runs); not run here
"""

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="cifar100",
    model="pyramidnet200",
    mix=CutMix(prob=0.5, per="batch"),
    epochs=300,
    batch_size=64,
    learning_rate=0.25,
    milestones=(0.5, 0.75),
)
