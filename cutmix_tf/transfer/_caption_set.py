"""Captioning datasets by name."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable

import tensorflow as tf

from cutmix_tf.transfer._caption_scenes import make_caption_scenes
from cutmix_tf.transfer._tfds_captions import open_captioned

SCENES = "scenes"
COUNTS = {"train": 1500, "test": 300, "held_out": 300}  # of the built-in scenes

Captions = tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True)
class CaptionSplit:
    """Images with their captions.

    Attributes:
      name: For messages, such as "test of coco_captions".
      captions: Of each image, one or more: cleaned, so that only words and single spaces are left.
      read: Returns a `tf.data.Dataset` of the images in the same order: uint8 (height, width, 3), or encoded strings.
    """

    name: str
    captions: Captions
    read: Callable[[], tf.data.Dataset]

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self.captions)


@dataclasses.dataclass(frozen=True)
class CaptionSet:
    """A captioning dataset.

    Attributes:
      name: The name it was loaded by.
      train: The training images.
      test: The images to test on.
      held_out: More images to test on, which show what is never combined in training; None if there are none.
    """

    name: str
    train: CaptionSplit
    test: CaptionSplit
    held_out: CaptionSplit | None = None

    @property
    def test_splits(self) -> dict[str, CaptionSplit]:
        """What to test on, by the name that scores begin with."""
        return {"test": self.test} | ({} if self.held_out is None else {"held_out": self.held_out})

    @property
    def fingerprints(self) -> dict[str, str]:
        """What identifies the data, to store with what is made of it."""
        splits = {"train": self.train, **self.test_splits}
        return {name: f"{part.count} images: {part.name}, {_digest(part.captions)}" for name, part in splits.items()}


def load_captions(
    name: str,
    *,
    train_split: str | None = None,
    test_split: str | None = None,
    data_dir: str | None = None,
    download: bool = False,
) -> CaptionSet:
    """Loads a captioning dataset. The captions of a TFDS set are read at once, which reads its files as a whole.

    Captions are cleaned: lower case, without punctuation. One that has no word then is left out, and so is an image
    that has no other.

    Args:
      name: `scenes`, the small built-in set with held-out combinations; or any TFDS set with images and "captions",
        such as `coco_captions`.
      train_split: What to train on, in TFDS's slicing syntax; None for "train", or "train+restval" of coco_captions.
      test_split: What to test on; None for "test", or "validation" or "val" if there is none.
      data_dir: Where TFDS sets are prepared; None for the environment variable TFDS_DATA_DIR, or else
        ~/tensorflow_datasets.
      download: Whether to download and prepare a TFDS set that is missing.

    Raises:
      FileNotFoundError: if a known dataset is not prepared.
      ImportError: if tensorflow-datasets is needed and not installed.
      ValueError: if the name or a split is unknown, the set has no captions, or no image with a caption is left.
    """
    if name == SCENES:
        if (train_split, test_split) not in ((None, None), ("train", "test")):
            raise ValueError("scenes come as they are; leave out train_split and test_split.")
        return CaptionSet(SCENES, *map(_painted, COUNTS))
    stored = open_captioned(name, data_dir, download)
    splits = (train_split or stored.train_split, test_split or stored.test_split)
    return CaptionSet(name, *(CaptionSplit(f"{split} of {name}", *stored.load(split)) for split in splits))


def _digest(captions: Captions) -> str:
    lines = "\n\n".join("\n".join(some) for some in captions)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


@functools.cache  # painted once in a process: 18 MB
def _painted(split: str) -> CaptionSplit:
    images, captions = make_caption_scenes(COUNTS[split], split=split)
    pixels = tf.constant(images)
    return CaptionSplit(f"{split} of {SCENES}", tuple(captions), lambda: tf.data.Dataset.from_tensor_slices(pixels))
