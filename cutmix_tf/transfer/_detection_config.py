"""The settings of a detection run."""

import dataclasses
from typing import Literal, get_args

from cutmix_tf._checks import as_tuple, check_choice, check_number, check_whole
from cutmix_tf.models import Stem
from cutmix_tf.runs import PLACE

Frozen = Literal["nothing", "batch_norm", "backbone"]
OptimizerName = Literal["sgd", "adam"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DetectionConfig:
    """One detector on one backbone; the same config gives the same run.

    Raises:
      TypeError: for an unknown setting, or a value of the wrong type.
      ValueError: for a value out of range, or settings that don't go together.
    """

    dataset: str
    """A detection dataset by name: scenes, voc/2007, coco/2017, any TFDS set with boxes."""
    train_split: str | None = None
    """What to train on, in TFDS's slicing syntax; None for "train", or "train+validation" of VOC."""
    test_split: str | None = None
    """What to test on; None for "test", or "validation" if the test split has no boxes."""
    extra: str | None = None
    """Another TFDS set of the same classes to train on too, such as voc/2012 beside voc/2007."""
    classes: tuple[int, int] | None = None
    """The first class and the one after the last, such as 25 50, to detect only these; None for all."""
    image_size: tuple[int, int] = (256, 256)
    """Height and width of the canvas on which each image is as large as fits, divisible by 32."""
    flip: bool = True
    """Whether half of the training images are mirrored left to right."""
    backbone: str
    """Where the detector's features come from: a run's folder, a .keras file, or a model by name, such as resnet18,
    with random weights."""
    stem: Stem = "auto"
    """For a model by name: its first layers; auto takes the small ones for images of up to 64 pixels."""
    finest_stride: int | None = None
    """Pixels along a side of one cell of the finest feature map; None for 8, or 4 with a CIFAR ResNet."""
    frozen: Frozen = "nothing"
    """What stays as it was in the backbone: nothing, the statistics and weights of batch normalization, or all."""
    epochs: int
    """How often each training image is seen."""
    batch_size: int = 8
    """Images in a step."""
    optimizer: OptimizerName = "sgd"
    """Stochastic gradient descent with momentum 0.9, or Adam."""
    learning_rate: float = 0.01
    """After the warm-up; it then falls along half a cosine. For "adam" far smaller, such as 0.0002."""
    warmup_epochs: float = 0.0
    """Epochs in which the learning rate rises linearly from 0."""
    clip_norm: float = 10.0
    """The largest norm of the gradient over all parameters together; longer ones are scaled down to it."""
    evaluate_every: int | None = None
    """Evaluate after every so many epochs too; None for at the end only."""
    seed: int = 0
    """Of everything that is random."""
    run_dir: str | None = dataclasses.field(default=None, metadata=PLACE)
    """The run's folder; on the command line, runs/ and the config's name if it is not given."""
    data_dir: str | None = dataclasses.field(default=None, metadata=PLACE)
    """Where TFDS finds prepared sets; None for the environment variable TFDS_DATA_DIR."""
    download: bool = dataclasses.field(default=False, metadata=PLACE)
    """Whether a set that is missing may be downloaded."""

    def __post_init__(self):
        self._check_types()
        object.__setattr__(self, "image_size", as_tuple("image_size", self.image_size))
        if len(self.image_size) != 2:
            raise ValueError(f"image_size must be height and width, such as (256, 256); got {self.image_size}.")
        for side in self.image_size:
            check_whole("each side of image_size", side, low=1)
        if self.classes is not None:
            object.__setattr__(self, "classes", as_tuple("classes", self.classes))
            if len(self.classes) != 2:
                raise ValueError(f"classes must be the first and the end, such as (25, 50); got {self.classes}.")
        for name, choices in (("stem", Stem), ("frozen", Frozen), ("optimizer", OptimizerName)):
            check_choice(name, getattr(self, name), get_args(choices))
        for name in ("epochs", "batch_size"):
            check_whole(name, getattr(self, name), low=1)
        for name in ("finest_stride", "evaluate_every"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), low=1)
        check_whole("seed", self.seed, low=0, high=2**31 - 1)
        check_number("learning_rate", self.learning_rate, low=0, above=True)
        check_number("clip_norm", self.clip_norm, low=0, above=True)
        check_number("warmup_epochs", self.warmup_epochs, low=0, high=self.epochs)

    def _check_types(self):
        for name in ("dataset", "backbone"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be a string; got {getattr(self, name)!r}.")
        for name in ("train_split", "test_split", "extra", "run_dir", "data_dir"):
            if not isinstance(getattr(self, name), str | None):
                raise TypeError(f"{name} must be a string or None; got {getattr(self, name)!r}.")
        for name in ("flip", "download"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False; got {getattr(self, name)!r}.")
