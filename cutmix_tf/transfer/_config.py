"""The settings that the runs of all tasks have."""

import dataclasses
from typing import Literal, get_args

from cutmix_tf._checks import as_tuple, check_choice, check_number, check_whole
from cutmix_tf.models import Stem
from cutmix_tf.runs import PLACE

Frozen = Literal["nothing", "batch_norm", "backbone"]
OptimizerName = Literal["sgd", "adam"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """One task learned on one backbone; the same config gives the same run.

    Raises:
      TypeError: for an unknown setting, or a value of the wrong type.
      ValueError: for a value out of range, or settings that don't go together.
    """

    dataset: str
    """A dataset of the task by name."""
    train_split: str | None = None
    """What to train on, in TFDS's slicing syntax; None for the usual split."""
    test_split: str | None = None
    """What to test on; None for the usual split."""
    image_size: tuple[int, int]
    """Height and width of the canvas on which each image is as large as fits."""
    backbone: str
    """Where the features come from: a run's folder, a .keras file, or a model by name, such as resnet18, with random
    weights."""
    stem: Stem = "auto"
    """For a model by name: its first layers; auto takes the small ones for images of up to 64 pixels."""
    frozen: Frozen = "nothing"
    """What stays as it was in the backbone: nothing, the statistics and weights of batch normalization, or all."""
    epochs: int
    """How many times each training image is seen."""
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
    """Epochs between evaluations during training; None to evaluate at the end only."""
    seed: int = 0
    """Of everything that is random."""
    run_dir: str | None = dataclasses.field(default=None, metadata=PLACE)
    """The run's folder; on the command line, runs/ and the config's name if it is not given."""
    data_dir: str | None = dataclasses.field(default=None, metadata=PLACE)
    """Where TFDS finds prepared sets; None for the environment variable TFDS_DATA_DIR."""
    download: bool = dataclasses.field(default=False, metadata=PLACE)
    """Whether a set that is missing may be downloaded."""

    def __post_init__(self):
        self._check_type(str, "a string", "dataset", "backbone")
        self._check_type(str | None, "a string or None", "train_split", "test_split", "run_dir", "data_dir")
        self._check_type(bool, "True or False", "download")
        object.__setattr__(self, "image_size", as_tuple("image_size", self.image_size))
        if len(self.image_size) != 2:
            raise ValueError(f"image_size must be height and width, such as (256, 256); got {self.image_size}.")
        for side in self.image_size:
            check_whole("each side of image_size", side, low=1)
        for name, choices in (("stem", Stem), ("frozen", Frozen), ("optimizer", OptimizerName)):
            check_choice(name, getattr(self, name), get_args(choices))
        for name in ("epochs", "batch_size"):
            check_whole(name, getattr(self, name), low=1)
        if self.evaluate_every is not None:
            check_whole("evaluate_every", self.evaluate_every, low=1)
        check_whole("seed", self.seed, low=0, high=2**31 - 1)
        check_number("learning_rate", self.learning_rate, low=0, above=True)
        check_number("clip_norm", self.clip_norm, low=0, above=True)
        check_number("warmup_epochs", self.warmup_epochs, low=0, high=self.epochs)

    def _check_type(self, kind, wanted: str, *names: str) -> None:
        for name in names:
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"{name} must be {wanted}; got {getattr(self, name)!r}.")
