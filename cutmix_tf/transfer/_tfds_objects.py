"""TFDS sets whose images have boxes."""

import os
import re
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import did_you_mean
from cutmix_tf.datasets import decode
from cutmix_tf.transfer._boxes import areas, clip_boxes

IGNORED = ("is_difficult", "is_crowd")  # what VOC and COCO say about an object
UNLABELED_TEST = re.compile("coco.*|voc/2012.*")  # sets whose test split has no boxes


class StoredObjects:
    """A prepared TFDS set with boxes.

    Args:
      builder: tfds.core.DatasetBuilder.
      name: What it is called in messages.

    Attributes:
      class_names: A name for each class.
      train_split: What is usually trained on.
      test_split: What is usually tested on.

    Raises:
      ValueError: if it has no images with boxes and labels.
    """

    def __init__(self, builder: Any, name: str):
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
        splits = builder.info.splits
        tested = "test" in splits and not UNLABELED_TEST.fullmatch(name.partition(":")[0])
        self.test_split = "test" if tested else "validation"
        self.train_split = "train+validation" if builder.name == "voc" and tested else "train"

    def count(self, split: str) -> int:
        """How many images a split has. Raises ValueError if there is no such split."""
        try:
            return int(self._builder.info.splits[split].num_examples)
        except (KeyError, ValueError) as error:
            known = list(self._builder.info.splits)
            raise ValueError(
                f"{self.name} has no split {split!r}.{did_you_mean(split, known)} It has {', '.join(known)}."
            ) from error

    def count_showing(self, split: str, classes: tuple[int, int]) -> int:
        """How many images of a split show one of these classes; reads all of it."""
        return int(self.read(split, classes).reduce(np.int64(0), lambda count, _: count + 1))

    def read(self, split: str, classes: tuple[int, int]) -> tf.data.Dataset:
        """The examples as `ObjectSplit` describes them, the images encoded."""
        import tensorflow_datasets as tfds

        features = self._builder.info.features.items()
        undecoded = {
            part: tfds.decode.SkipDecoding() for part, kind in features if isinstance(kind, tfds.features.Image)
        }
        data = self._builder.as_dataset(split=split, shuffle_files=False, decoders=undecoded)
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
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            f"Reading {name!r} needs tensorflow-datasets. Run pip install 'cutmix_tf[train]', or use 'scenes'."
        ) from error
    data_dir = os.path.expanduser(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(
            f"There is no detection set called {name!r}.{did_you_mean(name, ['scenes', *tfds.list_builders()])} Use "
            f"scenes, or the TFDS name of a set with boxes; TFDS looks in {data_dir}."
        ) from error
    stored = StoredObjects(builder, name)
    if not builder.is_prepared():
        if not download:
            raise FileNotFoundError(
                f"{name!r} must be prepared before it can be read; there is nothing in {builder.data_dir}. Run tfds "
                f"build {name} --data_dir {data_dir}, use --download, or set TFDS_DATA_DIR to its directory."
            )
        builder.download_and_prepare()
        return StoredObjects(builder, name)  # which has splits now
    return stored
