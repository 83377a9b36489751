"""Study 2: how does CutMix' gain depend on the size of the network and on the number of images?"""

from study import Arm, Study

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

IMAGES = {"100": ("train[:2%]", 200), "250": ("train[:5%]", 80)}
"""Images of a class -> split and epochs: 3,200 steps each, since mixed images take longer to learn."""
WIDTHS = (1, 2, 4)


def arms() -> dict[str, Arm]:
    """Without mixing and with CutMix, small networks first."""
    made = {}
    for width in WIDTHS:
        for count, (split, epochs) in IMAGES.items():
            size = {"model": f"wrn16_{width}", "train_split": split, "epochs": epochs}
            name, title = f"wrn16_{width}_{count}", f"WRN-16-{width}, {count} images a class"
            made[f"{name}_none"] = Arm(f"{title}: none", size, (0,))
            mixed = size | {"mix": CutMix(prob=0.5)}
            made[f"{name}_cutmix"] = Arm(f"{title}: CutMix", mixed, (0,), versus=f"{name}_none")
    return made


STUDY = Study(
    name="capacity",
    title="Study 2: the size of the network and the number of images",
    question="""
Where does CutMix' gain come from: from a network large enough to memorize its images, or from few images? WRN-16 of
width 1, 2 and 4 (0.17, 0.69 and 2.7 million parameters) on 100 and 250 images a class of CIFAR-10 (a JPEG copy), with
an equal number of steps, without crop and flip, as in [study 1](../few_images/README.md). CutMix mixes half of the
images. One seed. What counts is the difference between the two arms of the same network and number of images.
""",
    config=TrainConfig(
        dataset="cifar10",
        train_split="train[:5%]",
        validation_split="train[90%:]",
        model="wrn16_1",
        epochs=80,
        augment="none",
        batch_size=64,
        learning_rate=0.05,
        schedule="cosine",
        weight_decay=5e-4,
        evaluate_every=20,
    ),
    arms=arms(),
    baseline=None,
)
