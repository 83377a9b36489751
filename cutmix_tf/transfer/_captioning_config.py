"""The settings of a captioning run."""

import dataclasses

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf.transfer._config import TransferConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaptioningConfig(TransferConfig):
    """One captioner on one backbone; the same config gives the same run.

    Images are never mirrored, since captions say what is left and right.

    Raises:
      TypeError: for an unknown setting, or a value of the wrong type.
      ValueError: for a value out of range, or settings that don't go together.
    """

    dataset: str
    """A captioning dataset by name: scenes, coco_captions, any TFDS set with images and captions."""
    train_split: str | None = None
    """What to train on, in TFDS's slicing syntax; None for "train", or "train+restval" of coco_captions."""
    test_split: str | None = None
    """What to test on; None for "test", or "validation" if there is none."""
    image_size: tuple[int, int] = (224, 224)
    """Height and width of the canvas on which each image is as large as fits."""
    vocabulary: int = 10_000
    """How many words are known: the most frequent ones of the training captions."""
    longest: int = 20
    """The largest number of words in a caption; the end of longer ones is not learned, and none longer is written."""
    units: int = 512
    """Size of the LSTM, and of the vectors that stand for the image and the words."""
    dropout: float = 0.0
    """Share of the LSTM's inputs and outputs that is zeroed in training."""
    beam: int = 3
    """How many unfinished captions are pursued at a time when one is written; 1 takes the likeliest word each time."""

    def __post_init__(self):
        super().__post_init__()
        for name in ("vocabulary", "longest", "units", "beam"):
            check_whole(name, getattr(self, name), low=1)
        check_number("dropout", self.dropout, low=0, high=0.99)
