"""TFDS sets whose images have boxes."""

import re
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf.datasets import decode
from cutmix_tf.transfer._boxes import areas, clip_boxes
from cutmix_tf.transfer._tfds import Builder, count, find_builder, make_prepared, read_encoded

IGNORED = ("is_difficult", "is_crowd")  # what VOC and COCO say about an object
UNLABELED_TEST = re.compile("coco.*|voc/2012.*")  # sets whose test split has no boxes


class StoredObjects:
    """A prepared TFDS set with boxes.

    Args:
      builder: tfds.core.DatasetBuilder.
      name: What it is called in messages.

    Attributes:
      class_names: A name for each class.

    Raises:
      ValueError: if it has no images with boxes and labels.
    """

    def __init__(self, builder: Builder, name: str):
        self.name, self._builder = name, builder
        features = dict(builder.info.features)
        self._many = "objects" in features
        objects = dict(features["objects"].feature) if self._many else features
        if "image" not in features or "bbox" not in objects or not hasattr(objects.get("label"), "names"):
            raise ValueError(
                f"A detection set needs images and objects with bbox and label; {name} has {', '.join(features)}. "
                "Choose another, such as voc/2007."
            )
        self._parts = [part for part in ("bbox", "label", *IGNORED) if part in objects]
        self.class_names = tuple(objects["label"].names)

    @property
    def test_split(self) -> str:
        """What is usually tested on."""
        return "test" if self._tested else "validation"

    @property
    def train_split(self) -> str:
        """What is usually trained on."""
        return "train+validation" if self._builder.name == "voc" and self._tested else "train"

    @property
    def _tested(self) -> bool:
        """Whether there is a test split with boxes."""
        return "test" in self._builder.info.splits and not UNLABELED_TEST.fullmatch(self.name.partition(":")[0])

    def count(self, split: str) -> int:
        """How many images a split has. Raises ValueError if there is no such split."""
        return count(self._builder, self.name, split)

    def count_showing(self, split: str, classes: tuple[int, int]) -> int:
        """How many images of a split show one of these classes; reads all of it."""
        return int(self.read(split, classes).reduce(np.int64(0), lambda count, _: count + 1))

    def read(self, split: str, classes: tuple[int, int]) -> tf.data.Dataset:
        """The examples as `ObjectSplit` describes them, the images encoded."""
        data = read_encoded(self._builder, split)
        data = data.enumerate().map(lambda number, each: self._example(split, number, each, classes))
        if classes == (0, len(self.class_names)):
            return data
        return data.filter(lambda example: tf.size(example["labels"]) > 0)

    def _example(self, split: str, number, stored: dict[str, Any], classes: tuple[int, int]) -> dict[str, tf.Tensor]:
        objects = stored["objects"] if self._many else {part: stored[part][None] for part in self._parts}
        labels = tf.cast(objects["label"], tf.int32)
        wrong = (labels < 0) | (labels >= len(self.class_names))
        message = f"Labels of {self.name} must be in [0, {len(self.class_names)}), and are not in {split}, image"
        checked = tf.debugging.Assert(~tf.reduce_any(wrong), [message, number, labels])
        with tf.control_dependencies([checked] if checked is not None else []):
            sides = _sides(stored["image"])
        boxes = clip_boxes(objects["bbox"] * tf.cast(tf.tile(sides, [2]), tf.float32), sides)
        ignored = tf.zeros_like(labels, tf.bool)
        for part in set(IGNORED) & set(self._parts):
            ignored |= objects[part]
        kept = (areas(boxes) > 0) & (labels >= classes[0]) & (labels < classes[1])
        parts = {"boxes": boxes, "labels": labels - classes[0], "ignored": ignored}
        return {"image": stored["image"], **{name: tf.boolean_mask(part, kept) for name, part in parts.items()}}


def _sides(encoded: tf.Tensor) -> tf.Tensor:
    """Height and width of an encoded image: int32 (2,)."""
    return tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.image.extract_jpeg_shape(encoded)[:2],
        lambda: tf.shape(decode(encoded))[:2],
    )


def open_stored(name: str, data_dir: str | None, download: bool) -> StoredObjects:
    """The TFDS set of that name; raises as `load_objects`."""
    builder = find_builder(name, data_dir, "detection")
    stored = StoredObjects(builder, name)  # raises for a set of another kind before that is downloaded
    make_prepared(builder, name, data_dir, download)
    return stored
