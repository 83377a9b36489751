"""Study 3: do models look at the whole object? Localization on Tiny ImageNet, as in Table 9 of Yun et al. 2019."""

from study import Arm, Study

from cutmix_tf import CutMix, Cutout, MixUp
from cutmix_tf.training import TrainConfig

STUDY = Study(
    name="localization",
    title="Study 3: localization on Tiny ImageNet",
    question="""
A classifier's class-activation map shows where it looks. Yun et al. 2019, Table 9, find objects best with CutMix,
then with Cutout, and with MixUp no better than without. The same in small: ResNet-20 on 100 images a class of 50
classes of Tiny ImageNet, at 32 of its 64 pixels, for 60 epochs with crop and flip, each method with its paper's
setting on CIFAR; the boxes are those of the dataset's validation images. The 32-pixel maps of ResNet-20 have 8×8
cells. Localization is measured by `python studies/evaluate.py localization --suites accuracy calibration wsol`.
""",
    config=TrainConfig(
        dataset="tiny_imagenet50",
        train_split="train[:20%]",
        validation_split="train[90%:]",
        test_split="validation",
        image_size=32,
        model="resnet20",
        epochs=60,
        batch_size=64,
        learning_rate=0.05,
        schedule="cosine",
        weight_decay=5e-4,
        evaluate_every=10,
    ),
    arms={
        "none": Arm("none", {}, (0, 1)),
        "cutmix_0.5": Arm("CutMix, prob 0.5", {"mix": CutMix(prob=0.5)}, (0, 1)),
        "mixup": Arm("MixUp, prob 1", {"mix": MixUp()}, (0, 1)),
        "cutout": Arm("Cutout, 16 pixels", {"erase": Cutout(size=16)}, (0, 1)),
    },
)
