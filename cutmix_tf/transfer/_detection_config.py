"""The settings of a detection run."""

import dataclasses

from cutmix_tf._checks import as_span, check_number, check_whole
from cutmix_tf.transfer._config import TransferConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class DetectionConfig(TransferConfig):
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
    finest_stride: int | None = None
    """Pixels along a side of one cell of the finest feature map; None for 8, or 4 with a CIFAR ResNet."""
    smallest_anchor: float | None = None
    """Side of the smallest square anchor in pixels; None for four cells of the finest feature map. Only an object that
    some anchor overlaps by half is learned."""

    def __post_init__(self):
        super().__post_init__()
        self._check_type(str | None, "a string or None", "extra")
        self._check_type(bool, "True or False", "flip")
        if self.classes is not None:
            object.__setattr__(self, "classes", as_span("classes", self.classes))
        if self.finest_stride is not None:
            check_whole("finest_stride", self.finest_stride, low=1)
        if self.smallest_anchor is not None:
            check_number("smallest_anchor", self.smallest_anchor, low=1)
