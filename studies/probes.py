"""Probes for the regime of the studies: one run each, judged on validation images; the test set is not touched."""

from study import Arm, Study

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

HALF = {"mix": CutMix(prob=0.5)}
HALF_THEN_OFF = HALF | {"mix_schedule": ((0, 1), (0.85, 1), (0.85, 0))}
SHORT = {"epochs": 80, "augment": "none"}

STUDY = Study(
    name="probes",
    title="Probes: where does CutMix help on few images?",
    question="""
The model and the length to study on 5 % of CIFAR-10 (250 images a class, of a JPEG copy) are chosen on validation
images alone: 5,000 of the training images that no run trains on. "Test" below means 5,000 other training images, so
that the test set stays unseen. One run each, seed 0, with crop and flip unless an arm says otherwise.
""",
    config=TrainConfig(
        dataset="cifar10",
        train_split="train[:5%]",
        validation_split="train[90%:]",
        test_split="train[80%:90%]",
        model="resnet20",
        epochs=160,
        batch_size=64,
        learning_rate=0.05,
        schedule="cosine",
        weight_decay=5e-4,
        evaluate_every=10,
    ),
    arms={
        "rn20_e160_none": Arm("ResNet-20, 160 epochs, none", {}, (0,)),
        "rn20_e160_half_off": Arm("ResNet-20, 160 epochs, CutMix 0.5, off for the last 15 %", HALF_THEN_OFF, (0,)),
        "rn20_e80_plain_none": Arm("ResNet-20, 80 epochs, no crop or flip, none", SHORT, (0,)),
        "rn20_e80_plain_half": Arm("ResNet-20, 80 epochs, no crop or flip, CutMix 0.5", SHORT | HALF, (0,)),
    },
    baseline="rn20_e160_none",
)
