"""Transfer to detection: Table 10 of the CutMix paper on a small scale, on classes that the backbone has not seen."""

from study import Arm, Study

from cutmix_tf import CutMix, Cutout, MixUp
from cutmix_tf.training import TrainConfig
from cutmix_tf.transfer import DetectionConfig

SEEDS = (0, 1)

STUDY = Study(
    name="transfer_detection",
    title="Transfer: detection of unseen classes with few images",
    question="""
Do features that were learned with mixing find objects of other classes better? Yun et al. 2019, Table 10, start SSD and
Faster R-CNN from ResNet-50s that were trained on ImageNet with each method, and detect the classes of PASCAL VOC. Here
it is small: ResNet-20 is trained on 25 classes of Tiny ImageNet (100 images a class, 32 pixels), and a RetinaNet on it
is trained to detect the other 25 classes with 20 images each, one box an image, everything fine-tuned. "From scratch"
starts the same detector with a backbone of random weights. The classifiers are trained without crop and flip, the
regime in which the [probes](../probes/README.md) saw CutMix gain most. All settings were fixed before any run.
""",
    pretraining=TrainConfig(
        dataset="tiny_imagenet50",
        classes=(0, 25),
        train_split="train[:20%]",
        image_size=32,
        model="resnet20",
        epochs=50,
        augment="none",
        batch_size=64,
        learning_rate=0.05,
        schedule="cosine",
        weight_decay=5e-4,
        evaluate_every=25,
    ),
    config=DetectionConfig(
        dataset="tiny_imagenet50",
        classes=(25, 50),
        train_split="train[:4%]",
        test_split="validation",
        image_size=(32, 32),
        backbone="resnet20",
        epochs=15,
        batch_size=8,
        optimizer="adam",
        learning_rate=5e-4,
        warmup_epochs=1.0,
        evaluate_every=5,
    ),
    arms={
        "none": Arm("none", {}, SEEDS),
        "cutmix": Arm("CutMix, prob 0.5", {}, SEEDS, pretraining={"mix": CutMix(prob=0.5)}),
        "mixup": Arm("MixUp, prob 0.5", {}, SEEDS, pretraining={"mix": MixUp(prob=0.5)}),
        "cutout": Arm("Cutout, 16 pixels", {}, SEEDS, pretraining={"erase": Cutout(size=16)}),
        "scratch": Arm("from scratch", {}, SEEDS, pretraining=None),
    },
)
