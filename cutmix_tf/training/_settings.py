"""The settings of a training run, in groups; each group checks its own."""

import dataclasses
from typing import Annotated, Any, Literal, get_args

from cutmix_tf._checks import as_span, as_tuple, check_choice, check_number, check_whole
from cutmix_tf.attention import Teacher
from cutmix_tf.datasets import BadExamples
from cutmix_tf.losses import LossName, make_loss
from cutmix_tf.mixing import Planner, check_points, check_unseeded
from cutmix_tf.models import LastStride, Regularizer, Stem, WithDropBlock
from cutmix_tf.pipeline import Augmentation, AutoAugmentPolicy, check_address
from cutmix_tf.runs import PLACE, Text
from cutmix_tf.training._as_text import mixer_from_text, regularizer_from_text, teacher_from_text

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16", "auto"]
OptimizerName = Literal["sgd", "adamw"]
RateSchedule = Literal["step", "cosine", "constant"]
DropSchedule = Literal["constant", "linear"]
AttentionMode = Literal["cache", "live"]


def _place(default: Any) -> Any:
    """A setting that doesn't change what is trained: another value continues the same run."""
    return dataclasses.field(default=default, metadata=PLACE)


def check_literal(name: str, value: Any, choices: Any) -> None:
    """Raises ValueError unless the value is one of a Literal's."""
    check_choice(name, value, get_args(choices))


def _check_type(settings: Any, kind: Any, wanted: str, *names: str) -> None:
    for name in names:
        if not isinstance(getattr(settings, name), kind):
            raise TypeError(f"{name} must be {wanted}; got {getattr(settings, name)!r}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataSettings:
    """What is trained on."""

    dataset: str
    """A dataset by name: shapes, cifar10, imagenet2012, any TFDS classification set, folder:PATH."""
    train_split: str = "train"
    """What to train on, in TFDS's slicing syntax, such as "train[:10%]"."""
    validation_split: str | None = None
    """What to choose the best epoch on, such as "train[90%:]"; the test split is then evaluated once, at the end. None
    evaluates the test split during training, and chooses the best epoch on it."""
    test_split: str | None = None
    """What to test on; None for the set's own test split, or else its validation split."""
    classes: tuple[int, int] | None = None
    """The first class and the one after the last, such as 0 25, to train and test on only these; None for all."""
    image_size: int | None = None
    """Height and width that images are resized to; None keeps their own size."""
    bad_examples: BadExamples = "refuse"
    """Whether unreadable examples stop the run, or are found before it, counted and left out."""
    data_dir: str | None = _place(None)
    """Where TFDS finds prepared sets; None for the environment variable TFDS_DATA_DIR."""
    data_service: str | None = _place(None)
    """The dispatcher, grpc://HOST:PORT, of a tf.data service whose workers make the training batches."""
    download: bool = _place(False)
    """Whether a set that is missing may be downloaded."""

    def __post_init__(self):
        _check_type(self, str, "a string", "dataset", "train_split")
        _check_type(self, str | None, "a string or None", "validation_split", "test_split", "data_dir")
        _check_type(self, bool, "True or False", "download")
        check_literal("bad_examples", self.bad_examples, BadExamples)
        if self.classes is not None:
            object.__setattr__(self, "classes", as_span("classes", self.classes))
        if self.image_size is not None:
            check_whole("image_size", self.image_size, low=1)
        if self.data_service is not None:
            check_address(self.data_service)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AugmentationSettings:
    """What happens to training images."""

    augment: Augmentation = "crop_flip"
    """Random crops after padding by 4 pixels and horizontal flips; flips alone; or the ImageNet recipe."""
    auto_augment: AutoAugmentPolicy = "none"
    """The policy of AutoAugment, applied after crop and flip."""
    erase: Annotated[Planner | None, Text(mixer_from_text, "METHOD")] = None
    """What erases parts of images before they are mixed, such as "Cutout(size=16)"."""
    mix: Annotated[Planner | None, Text(mixer_from_text, "METHOD")] = None
    """How batches are mixed, such as "CutMix(alpha=1.0, prob=0.5)"; none for plain training."""
    recipe: str | None = None
    """A published way of mixing with its loss, such as "deit" or "rsb_a2"; it sets mix, loss, label_smoothing and
    target_threshold, which must then be left out."""
    mix_schedule: tuple[tuple[float, float], ...] = ()
    """Points (share of the training, strength) between which the mixer's prob is scaled; () for always in full. On the
    command line: --mix-schedule 0 1 0.9 1 0.9 0 ends without mixing."""
    teacher: Annotated[Teacher | None, Text(teacher_from_text, "TEACHER")] = None
    """Whose attention a mixer follows: a name such as resnet50, a run's folder, a .keras file, or "Teacher(…)"."""
    attention: AttentionMode = "cache"
    """Attention maps computed once for each image and moved with it, or computed from each augmented batch."""
    attention_cache: str | None = _place(None)
    """The file of those maps; None for a file below attention/ that is named after dataset and teacher."""

    def __post_init__(self):
        check_literal("augment", self.augment, Augmentation)
        check_literal("auto_augment", self.auto_augment, AutoAugmentPolicy)
        check_literal("attention", self.attention, AttentionMode)
        _check_type(self, str | None, "a path as a string, or None", "attention_cache")
        _check_type(self, Planner | None, "a mixer such as CutMix(), or None", "mix", "erase")
        check_unseeded("A run draws from the config's seed", self.mix, self.erase)
        if self.erase is not None and not self.erase.keeps_labels:
            raise ValueError(f"erase must keep labels, as Cutout() does; got {self.erase}. Give it as mix.")
        self._check_schedule()
        self._check_teacher()

    def _check_schedule(self):
        object.__setattr__(self, "mix_schedule", as_tuple("mix_schedule", self.mix_schedule))
        if not self.mix_schedule:
            return
        check_points(self.mix_schedule)
        object.__setattr__(self, "mix_schedule", tuple(map(tuple, self.mix_schedule)))
        if self.mix is None:
            raise ValueError("mix_schedule scales a mixer; got mix=None. Set mix, or leave out the schedule.")

    def _check_teacher(self):
        _check_type(self, Teacher | None, "a Teacher such as Teacher('resnet50'), or None", "teacher")
        if self.teacher and not isinstance(self.teacher.model, str):
            raise TypeError("A config names its teacher; got a model. Save it as a .keras file, and give the path.")
        uses = self.mix is not None and self.mix.uses_attention
        if self.teacher is not None and not uses:
            raise ValueError(
                "A teacher guides mixers that read attention maps, such as AttentiveCutMix(); "
                f"mix={self.mix} reads none. Leave out the teacher."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """What is trained."""

    model: str
    """A model by name, such as resnet20."""
    stem: Stem = "auto"
    """First layers of an ImageNet model; auto takes the small one for images of up to 64 pixels."""
    last_stride: LastStride = 2
    """Stride of a ResNet's last stage; 1 leaves a finer feature map to localize objects with."""
    regularizer: Annotated[Regularizer | None, Text(regularizer_from_text, "REGULARIZER")] = None
    """What is put into residual units, such as "WithStochasticDepth(drop_rate=0.25)"."""
    drop_schedule: DropSchedule = "constant"
    """Whether the rate of WithDropBlock grows linearly from 0 during training."""
    sync_batch_norm: bool = True
    """Normalize over the whole batch, so that results don't depend on the number of replicas."""
    precision: Precision = "float32"
    """The dtype policy to build under; auto takes mixed_bfloat16 if the devices compute in bfloat16, else float32."""

    def __post_init__(self):
        _check_type(self, str, "a string", "model")
        _check_type(self, bool, "True or False", "sync_batch_norm")
        _check_type(self, Regularizer | None, "a regularizer such as WithDropBlock(), or None", "regularizer")
        check_literal("stem", self.stem, Stem)
        check_literal("last_stride", self.last_stride, LastStride)
        check_literal("precision", self.precision, Precision)
        check_literal("drop_schedule", self.drop_schedule, DropSchedule)
        if self.drop_schedule == "linear" and not isinstance(self.regularizer, WithDropBlock):
            raise ValueError(f"drop_schedule is for WithDropBlock; got regularizer={self.regularizer}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizationSettings:
    """How it is trained."""

    epochs: int
    """How many times each training example is seen."""
    batch_size: int = 128
    """Examples in a step, over all replicas together."""
    optimizer: OptimizerName = "sgd"
    """Stochastic gradient descent with Nesterov momentum, or AdamW."""
    learning_rate: float = 0.1
    """At the start, or after the warm-up; for "adamw" far smaller, such as 0.001."""
    schedule: RateSchedule = "step"
    """How the learning rate falls."""
    milestones: tuple[float, ...] = (0.5, 0.75)
    """For "step": shares of the epochs after which the rate is divided by 10, rounded up to whole epochs."""
    warmup_epochs: float = 0.0
    """Epochs in which the learning rate rises linearly from 0."""
    momentum: float = 0.9
    """Nesterov momentum of "sgd"."""
    weight_decay: float = 1e-4
    """For "sgd": λ of λ/2 · |w|² over all parameters, added to the gradient as in the official code. For "adamw": each
    step shrinks weights by this times the learning rate, apart from biases and normalization; 0.05 is common."""
    clip_norm: float | None = None
    """The largest norm of the gradient over all parameters together; longer ones are scaled down to it. None for no
    limit."""
    ema: float | None = None
    """The decay per step, such as 0.999, of an average of the weights, which is evaluated and saved in their place;
    None for no average."""
    loss: LossName = "crossentropy"
    """What is minimized; with the binary loss each class is a question of its own."""
    target_threshold: float | None = None
    """For the binary loss: targets above it count as 1, all others as 0."""
    label_smoothing: float = 0.0
    """ε of the loss: targets become (1 − ε) · target + ε / classes."""
    seed: int = 0
    """Of everything that is random."""

    def __post_init__(self):
        check_whole("epochs", self.epochs, low=1)
        check_whole("batch_size", self.batch_size, low=1)
        check_whole("seed", self.seed, low=0, high=2**31 - 1)
        check_literal("optimizer", self.optimizer, OptimizerName)
        check_literal("schedule", self.schedule, RateSchedule)
        check_number("learning_rate", self.learning_rate, low=0, above=True)
        check_number("momentum", self.momentum, low=0, high=1)
        check_number("weight_decay", self.weight_decay, low=0)
        check_number("warmup_epochs", self.warmup_epochs, low=0, high=self.epochs)
        check_number("label_smoothing", self.label_smoothing, low=0, high=1)
        make_loss(self.loss, self.label_smoothing, self.target_threshold)
        self._check_extras()
        object.__setattr__(self, "milestones", as_tuple("milestones", self.milestones))
        for milestone in self.milestones:
            check_number("each milestone", milestone, low=0, high=1)
        if list(self.milestones) != sorted(self.milestones):
            raise ValueError(f"milestones must be in increasing order; got {self.milestones}.")

    def _check_extras(self):
        if self.optimizer != "sgd" and self.momentum != OptimizationSettings.momentum:
            raise ValueError(f"momentum is for 'sgd'; got optimizer={self.optimizer!r}. Leave out momentum.")
        if self.clip_norm is not None:
            check_number("clip_norm", self.clip_norm, low=0, above=True)
        if self.ema is not None:
            check_number("ema", self.ema, low=0, high=1)
            if self.ema == 1:
                raise ValueError("ema must be below 1, where the average would never move; got 1. Try 0.999.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Where it runs, and what it writes."""

    run_dir: str | None = _place(None)
    """The run's folder; on the command line, runs/ and the config's name if it is not given."""
    evaluate_every: int = 1
    """Evaluate after every so many epochs, and after the last one."""
    strategy: str = "auto"
    """Which devices train: auto (all), default (one), mirrored:N, multiworker, tpu, or data_parallel:N on Keras' JAX
    backend; see docs/distributed.md."""
    static_shapes: bool = False
    """Batches of one shape, as TPUs need: each epoch leaves out its last partial batch."""
    checkpoint_minutes: float = _place(10.0)
    """Minutes between checkpoints inside an epoch; each epoch ends with one anyway."""
    checkpoint_steps: int | None = _place(None)
    """Steps between further checkpoints inside an epoch; None for checkpoints by time alone."""
    checkpoints_kept: int = _place(2)
    """How many of the last checkpoints are kept."""

    def __post_init__(self):
        _check_type(self, str | None, "a path as a string, or None", "run_dir")
        _check_type(self, str, "a string", "strategy")
        _check_type(self, bool, "True or False", "static_shapes")
        check_whole("evaluate_every", self.evaluate_every, low=1)
        check_number("checkpoint_minutes", self.checkpoint_minutes, low=0)
        check_whole("checkpoints_kept", self.checkpoints_kept, low=1)
        if self.checkpoint_steps is not None:
            check_whole("checkpoint_steps", self.checkpoint_steps, low=1)


GROUPS = (DataSettings, AugmentationSettings, ModelSettings, OptimizationSettings, RunSettings)
