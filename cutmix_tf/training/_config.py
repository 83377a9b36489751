"""The settings of one training run, typed and checked."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

from cutmix_tf._checks import as_tuple, check_choice, check_number, check_whole
from cutmix_tf.attention import Teacher, cache_path
from cutmix_tf.pipeline import check_address
from cutmix_tf.mixing import Mixer, check_points
from cutmix_tf.models import Regularizer, WithDropBlock
from cutmix_tf.training._as_text import MIXER_ARGUMENT, REGULARIZER_ARGUMENT, TEACHER_ARGUMENT

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
SCHEDULES = ("step", "cosine", "constant")
AUGMENTATIONS = ("none", "flip", "crop_flip", "imagenet")


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """One training run; the same config gives the same run.

    Raises:
      TypeError: for an unknown setting, or a value of the wrong type.
      ValueError: for a value outside its range.
    """

    dataset: str
    """A name of the catalogue: shapes, cifar10, imagenet2012, any TFDS classification set, folder:PATH."""
    model: str
    """A name of the model table."""
    epochs: int
    """How often each training example is seen."""
    mix: Annotated[Mixer | None, MIXER_ARGUMENT] = None
    """How training batches are mixed, such as "CutMix(alpha=1.0, prob=0.5)"; none for plain training."""
    mix_schedule: tuple[tuple[float, float], ...] = ()
    """Points (share of training, strength) between which the mixer's prob is scaled; () for always as it is. On the
    command line: --mix-schedule 0 1 0.9 1 0.9 0 ends without mixing."""
    erase: Annotated[Mixer | None, MIXER_ARGUMENT] = None
    """What erases parts of training images before they are mixed, such as "Cutout(size=16)"."""
    teacher: Annotated[Teacher | None, TEACHER_ARGUMENT] = None
    """Whose attention a mixer follows: a name such as resnet50, a run's folder, a .keras file, or "Teacher(…)"."""
    attention: Literal["cache", "live"] = "cache"
    """Maps made once for each image and moved with it, or made anew from each augmented batch."""
    attention_cache: str | None = None
    """The file of those maps; a name of its own below attention/ if it is not given."""

    train_split: str = "train"
    """What to train on, in TFDS's slicing syntax, such as "train[:10%]"."""
    validation_split: str | None = None
    """What to choose the best epoch on, such as "train[90%:]". The test set is then evaluated once, at the end."""
    test_split: str = "test"
    """What to test on."""
    evaluate_every: int = 1
    """Evaluate after every so many epochs, and after the last one."""

    batch_size: int = 128
    """Examples in a step, over all replicas together."""
    augment: Literal["none", "flip", "crop_flip", "imagenet"] = "crop_flip"
    """What else happens to training images: crops after padding by 4 and flips, or the ImageNet recipe."""
    auto_augment: Literal["none", "cifar10", "imagenet"] = "none"
    """The policy of AutoAugment, after crop and flip."""
    image_size: int | None = None
    """Height and width that images are brought to; None keeps the set's own."""

    learning_rate: float = 0.1
    """Of stochastic gradient descent, at the start or after warming up."""
    momentum: float = 0.9
    """Nesterov momentum."""
    weight_decay: float = 1e-4
    """λ of λ/2 · |w|² over all parameters, added to the gradient as in the official code."""
    schedule: Literal["step", "cosine", "constant"] = "step"
    """How the learning rate falls."""
    milestones: tuple[float, ...] = (0.5, 0.75)
    """For steps: the shares of training after which the rate is divided by 10."""
    warmup_epochs: float = 0.0
    """Epochs in which the learning rate rises linearly from 0."""
    label_smoothing: float = 0.0
    """ε of the loss: targets become (1 − ε) · target + ε / classes."""

    regularizer: Annotated[Regularizer | None, REGULARIZER_ARGUMENT] = None
    """What is put into residual units, such as "WithStochasticDepth(drop_rate=0.25)"."""
    drop_schedule: Literal["constant", "linear"] = "constant"
    """Whether the rate of WithDropBlock grows linearly from 0 over the training."""
    stem: Literal["auto", "cifar", "imagenet"] = "auto"
    """First layers of an ImageNet network; auto takes the small one for images up to 64 pixels."""
    last_stride: Literal[1, 2] = 2
    """Stride of a ResNet's last stage; 1 leaves a finer map to localize objects with."""
    sync_batch_norm: bool = True
    """Normalize over the whole batch, so that results don't depend on the number of replicas."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Of the model's computations."""
    strategy: str = "auto"
    """Which devices train: auto (all that there are), default (one), mirrored:N, multiworker, tpu, or data_parallel:N
    on Keras' JAX backend. docs/distributed.md tells more."""
    static_shapes: bool = False
    """Batches of one shape, as TPUs need: each epoch leaves out its last partial batch."""
    seed: int = 0
    """Of everything that is drawn."""

    run_dir: str | None = None
    """The run's folder; runs/NAME of the config file if it is not given."""
    checkpoint_minutes: float = 10.0
    """How often a checkpoint is written inside an epoch; each epoch's end writes one anyway."""
    checkpoint_steps: int | None = None
    """After how many steps too; None for by time alone."""
    checkpoints_kept: int = 2
    """How many of the last checkpoints stay."""
    data_dir: str | None = None
    """Where TFDS finds prepared data sets; TFDS_DATA_DIR if it is not given."""
    data_service: str | None = None
    """The dispatcher, grpc://HOST:PORT, of a tf.data service whose workers make the training batches."""
    bad_examples: Literal["refuse", "skip"] = "refuse"
    """Whether examples that can't be read stop the run, or are looked for before it, counted and left out."""
    download: bool = False
    """Whether a set that is not there may be downloaded."""

    def __post_init__(self):
        for name in ("dataset", "model", "strategy"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be a name; got {getattr(self, name)!r}.")
        for name in ("run_dir", "data_dir", "attention_cache"):
            if not isinstance(getattr(self, name), str | None):
                raise TypeError(f"{name} must be a path as text, or None; got {getattr(self, name)!r}.")
        for name in ("sync_batch_norm", "download", "static_shapes"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False; got {getattr(self, name)!r}.")
        self._check_mixing()
        self._check_teacher()
        check_whole("epochs", self.epochs, low=1)
        check_whole("evaluate_every", self.evaluate_every, low=1)
        check_whole("batch_size", self.batch_size, low=1)
        check_whole("seed", self.seed, low=0, high=2**31 - 1)
        if self.image_size is not None:
            check_whole("image_size", self.image_size, low=1)
        check_choice("bad_examples", self.bad_examples, ("refuse", "skip"))
        check_choice("augment", self.augment, AUGMENTATIONS)
        check_choice("auto_augment", self.auto_augment, ("none", "cifar10", "imagenet"))
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("precision", self.precision, PRECISIONS)
        check_choice("last_stride", self.last_stride, (1, 2))
        check_choice("stem", self.stem, ("auto", "cifar", "imagenet"))
        self._check_optimization()

    def _check_mixing(self):
        for name in ("mix", "erase"):
            if not isinstance(getattr(self, name), Mixer | None):
                raise TypeError(f"{name} must be a mixer such as CutMix(), or None; got {getattr(self, name)!r}.")
        if self.erase is not None and not self.erase.keeps_labels:
            raise ValueError(f"erase must keep labels, as Cutout() does; got {self.erase}. Give it as mix.")
        object.__setattr__(self, "mix_schedule", as_tuple("mix_schedule", self.mix_schedule))
        if self.mix_schedule:
            check_points(self.mix_schedule)
            object.__setattr__(self, "mix_schedule", tuple(map(tuple, self.mix_schedule)))
        if self.mix_schedule and self.mix is None:
            raise ValueError("mix_schedule scales a mixer; got mix=None. Set mix, or leave out the schedule.")
        if not isinstance(self.regularizer, Regularizer | None):
            raise TypeError(f"regularizer must be such as WithDropBlock(), or None; got {self.regularizer!r}.")
        check_choice("drop_schedule", self.drop_schedule, ("constant", "linear"))
        if self.drop_schedule == "linear" and not isinstance(self.regularizer, WithDropBlock):
            raise ValueError(f"drop_schedule is for WithDropBlock; got regularizer={self.regularizer}.")

    @property
    def cache_path(self) -> Path:
        """Where the attention maps lie. Raises ValueError if there is no teacher."""
        if self.teacher is None:
            raise ValueError("Attention maps need a teacher; got None. Set teacher, for example to 'resnet50'.")
        return Path(self.attention_cache) if self.attention_cache else cache_path(self.dataset, self.teacher)

    def _check_teacher(self):
        check_choice("attention", self.attention, ("cache", "live"))
        if self.data_service is not None:
            check_address(self.data_service)
            if self.teacher is not None and self.attention == "live":
                raise ValueError(
                    f"A data service can't ask a teacher that lives in this process; got attention='live' and "
                    f"data_service={self.data_service!r}. Use attention='cache', or leave out the service."
                )
        if not isinstance(self.teacher, Teacher | None):
            raise TypeError(f"teacher must be a Teacher, or None; got {self.teacher!r}. Write Teacher(...).")
        if self.teacher and not isinstance(self.teacher.network, str):
            raise TypeError("A config names its teacher; got a model. Save it as a .keras file, and give the path.")
        uses = self.mix is not None and self.mix.uses_attention
        if uses and self.teacher is None:
            raise ValueError(f"{self.mix} needs a teacher; got None. Set teacher, for example to 'resnet50'.")
        if self.teacher is not None and not uses:
            raise ValueError(f"A teacher guides AttentiveCutMix; mix={self.mix} takes none. Leave out the teacher.")

    def _check_optimization(self):
        check_number("checkpoint_minutes", self.checkpoint_minutes, low=0)
        check_whole("checkpoints_kept", self.checkpoints_kept, low=1)
        if self.checkpoint_steps is not None:
            check_whole("checkpoint_steps", self.checkpoint_steps, low=1)
        check_number("learning_rate", self.learning_rate, low=0, above=True)
        check_number("momentum", self.momentum, low=0, high=1)
        check_number("weight_decay", self.weight_decay, low=0)
        check_number("warmup_epochs", self.warmup_epochs, low=0, high=self.epochs)
        check_number("label_smoothing", self.label_smoothing, low=0, high=1)
        object.__setattr__(self, "milestones", as_tuple("milestones", self.milestones))
        for milestone in self.milestones:
            check_number("each milestone", milestone, low=0, high=1)
        if list(self.milestones) != sorted(self.milestones):
            raise ValueError(f"milestones must rise; got {self.milestones}.")
