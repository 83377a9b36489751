"""Detection datasets by name."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import as_span
from cutmix_tf.datasets import load
from cutmix_tf.transfer._objects import Objects
from cutmix_tf.transfer._scenes import make_scenes
from cutmix_tf.transfer._tfds_objects import StoredObjects, open_stored

SCENES = "scenes"
COUNTS = {"train": 800, "test": 200}  # of the built-in scenes


@dataclasses.dataclass(frozen=True)
class ObjectSplit:
    """Images with their objects.

    Attributes:
      name: For messages, such as "test of voc/2007".
      count: Number of images.
      read: Returns a `tf.data.Dataset` in the order of storage. An example holds "image", uint8 (height, width, 3), or
        its encoded string; "boxes", float32 (n, 4) in pixels; "labels", int32 (n,); and "ignored", bool (n,).
    """

    name: str
    count: int
    read: Callable[[], tf.data.Dataset]


@dataclasses.dataclass(frozen=True)
class ObjectSet:
    """A detection dataset.

    Attributes:
      name: The name it was loaded by.
      class_names: A name for each class; a label is a position here.
      train: The training images.
      test: The images to test on.
    """

    name: str
    class_names: tuple[str, ...]
    train: ObjectSplit
    test: ObjectSplit

    @property
    def fingerprints(self) -> dict[str, str]:
        """What identifies the data, to store with what is made of it."""
        names = ", ".join(self.class_names)
        return {"class_names": names} | {
            split: f"{part.count} images: {part.name}" for split, part in (("train", self.train), ("test", self.test))
        }


def load_objects(
    name: str,
    *,
    train_split: str | None = None,
    test_split: str | None = None,
    extra: str | None = None,
    classes: tuple[int, int] | None = None,
    data_dir: str | None = None,
    download: bool = False,
) -> ObjectSet:
    """Loads a detection dataset.

    Parts of boxes outside their image are cut off, and boxes that have no area then are left out. Images without
    objects are kept: all of such an image is background.

    Args:
      name: `scenes`, the small built-in set; or any TFDS set that has images and "objects" with "bbox" and "label"
        (`voc/2007`, `coco/2017`), or one "bbox" and "label" an image.
      train_split: What to train on, in TFDS's slicing syntax; None for "train", or "train+validation" of VOC.
      test_split: What to test on; None for "test", or "validation" if the test split has no boxes.
      extra: Another TFDS set of the same classes to train on too, with the same split: `voc/2012` beside `voc/2007`.
      classes: The first class and the one after the last, such as (25, 50), to detect only these. Their labels then
        start at 0, other objects are left out, and so are images that show none of these classes.
      data_dir: Where TFDS sets are prepared; None for the environment variable TFDS_DATA_DIR, or else
        ~/tensorflow_datasets.
      download: Whether to download and prepare a TFDS set that is missing.

    Raises:
      FileNotFoundError: if a known dataset is not prepared.
      ImportError: if tensorflow-datasets is needed and not installed.
      ValueError: if the name or a split is unknown, the set has no boxes, the classes are out of range or differ
        between the set and `extra`, or no image is left. While examples are read, TensorFlow raises
        InvalidArgumentError for a label out of range, with the image's number.
    """
    if name == SCENES:
        return _scenes(train_split, test_split, extra, classes)
    stored = open_stored(name, data_dir, download)
    train_split, test_split = train_split or stored.train_split, test_split or stored.test_split
    count = len(stored.class_names)
    chosen = (0, count) if classes is None else as_span("classes", classes, high=count)
    train = [_split(stored, train_split, chosen)]
    if extra is not None:
        more = open_stored(extra, data_dir, download)
        if more.class_names != stored.class_names:
            raise ValueError(f"extra must have the classes of {name}; {extra} has others. Leave it out.")
        train.append(_split(more, train_split, chosen))
    names = stored.class_names[slice(*chosen)]
    return ObjectSet(name, names, _joined(train), _split(stored, test_split, chosen))


def _split(stored: StoredObjects, split: str, classes: tuple[int, int]) -> ObjectSplit:
    every = classes == (0, len(stored.class_names))
    name = f"{split} of {stored.name}" + ("" if every else f", classes {classes[0]} to {classes[1] - 1}")
    count = stored.count(split) if every else stored.count_showing(split, classes)
    if count == 0:
        raise ValueError(f"At least one image is needed; there is none in {name}. Choose another split or classes.")
    return ObjectSplit(name, count, lambda: stored.read(split, classes))


def _joined(parts: list[ObjectSplit]) -> ObjectSplit:
    if len(parts) == 1:
        return parts[0]
    first, second = parts
    name = f"{first.name} and {second.name}"
    return ObjectSplit(name, first.count + second.count, lambda: first.read().concatenate(second.read()))


def _scenes(train_split: str | None, test_split: str | None, extra: str | None, classes) -> ObjectSet:
    if (train_split, test_split) not in ((None, None), ("train", "test")) or extra or classes:
        raise ValueError("scenes come as they are; leave out train_split, test_split, extra and classes.")
    return ObjectSet(SCENES, load("shapes").class_names, *(_painted(split) for split in COUNTS))


def _painted(split: str) -> ObjectSplit:
    def read():
        return tf.data.Dataset.from_tensor_slices(_scene_tensors(split))

    return ObjectSplit(f"{split} of {SCENES}", COUNTS[split], read)


@functools.cache  # painted once in a process: 37 MB
def _scene_tensors(split: str) -> Any:
    images, objects = make_scenes(COUNTS[split], split=split)
    lengths = [len(each.labels) for each in objects]
    joined = zip(Objects._fields, map(np.concatenate, zip(*objects, strict=True)), strict=True)
    parts = {name: tf.RaggedTensor.from_row_lengths(part, lengths) for name, part in joined}
    return {"image": tf.constant(images), **parts}
