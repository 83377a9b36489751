"""Probes for the regime of the studies: one run each, judged on validation images; the test set is not touched."""

from study import Arm, Study

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

END_PLAIN = ((0, 1), (0.85, 1), (0.85, 0))

STUDY = Study(
    name="probes",
    title="Probes: where does CutMix help on few images?",
    question="""
Which model and length to study on 10 % of CIFAR-10 (500 images a class, a JPEG copy) is decided on validation images
alone: 5,000 of the training images that no run trains on. "Test" below means 5,000 other training images, so that the
test set stays unseen. One run each, seed 0, with crop and flip unless an arm says otherwise.
""",
    config=TrainConfig(
        dataset="cifar10",
        train_split="train[:10%]",
        validation_split="train[90%:]",
        test_split="train[80%:90%]",
        model="resnet20",
        epochs=120,
        batch_size=64,
        learning_rate=0.05,
        schedule="cosine",
        weight_decay=5e-4,
        evaluate_every=5,
    ),
    arms={
        "rn20_e120_none": Arm("ResNet-20, 120 epochs, none", {}, (0,)),
        "rn20_e120_cutmix05_off15": Arm(
            "ResNet-20, 120 epochs, CutMix 0.5, off for the last 15 %",
            {"mix": CutMix(prob=0.5), "mix_schedule": END_PLAIN},
            (0,),
        ),
        "rn20_e120_cutmix05": Arm("ResNet-20, 120 epochs, CutMix 0.5", {"mix": CutMix(prob=0.5)}, (0,)),
        "wrn16_2_e200_none": Arm("WRN-16-2, 200 epochs, none", {"model": "wrn16_2", "epochs": 200}, (0,)),
        "wrn16_2_e200_cutmix05_off15": Arm(
            "WRN-16-2, 200 epochs, CutMix 0.5, off for the last 15 %",
            {"model": "wrn16_2", "epochs": 200, "mix": CutMix(prob=0.5), "mix_schedule": END_PLAIN},
            (0,),
        ),
        "wrn16_4_e200_none": Arm("WRN-16-4, 200 epochs, none", {"model": "wrn16_4", "epochs": 200}, (0,)),
        "wrn16_4_e200_cutmix05_off15": Arm(
            "WRN-16-4, 200 epochs, CutMix 0.5, off for the last 15 %",
            {"model": "wrn16_4", "epochs": 200, "mix": CutMix(prob=0.5), "mix_schedule": END_PLAIN},
            (0,),
        ),
        "rn20_e120_plain_none": Arm("ResNet-20, 120 epochs, no crop or flip, none", {"augment": "none"}, (0,)),
        "rn20_e120_plain_cutmix05": Arm(
            "ResNet-20, 120 epochs, no crop or flip, CutMix 0.5", {"augment": "none", "mix": CutMix(prob=0.5)}, (0,)
        ),
    },
    baseline="rn20_e120_none",
)
