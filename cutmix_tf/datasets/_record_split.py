"""A split of records."""

import dataclasses
from typing import Any

import tensorflow as tf

from cutmix_tf.datasets._decode import decode
from cutmix_tf.datasets._records import Records
from cutmix_tf.datasets._splits import ObjectBoxes
from cutmix_tf.datasets._stream_split import StreamSplit


@dataclasses.dataclass(frozen=True, eq=False)
class RecordSplit(StreamSplit):
    """Records that are read when they are used; boxes only when they are asked for."""

    records: Records

    def __len__(self) -> int:
        return len(self.records)

    @property
    def fingerprint(self) -> str:
        """A digest of metadata and of the sizes of files; contents are not read."""
        return self.records.fingerprint

    @property
    def image_size(self) -> tuple[int, int] | None:
        """The size that the metadata promise."""
        return self.records.image_size

    def object_boxes(self) -> ObjectBoxes | None:
        """Boxes and sizes, which for JPEGs needs no decoding."""
        if not self.records.has_boxes:
            return None

        def box_and_size(example):
            size = _size(example["image"])
            return in_pixels(example["bbox"], size), size

        found = self.records.examples(("image", "label", "bbox"), box_and_size).batch(len(self))
        return ObjectBoxes(*next(found.as_numpy_iterator()))

    def read(self, seed: Any = None) -> tf.data.Dataset:
        """One epoch of (encoded image, label, place). See `StreamSplit.read` and `Records.examples`."""

        def parts(example):
            return example["image"], example["label"], example["place"]

        return self.records.examples(("image", "label"), parts, seed)


def in_pixels(box: tf.Tensor, size: Any) -> tf.Tensor:
    """Top, left, bottom and right as shares of height and width, in pixels: int32 (4,)."""
    return tf.cast(tf.round(box * tf.cast(tf.tile(size, [2]), tf.float32)), tf.int32)


def _size(encoded: tf.Tensor) -> tf.Tensor:
    """Height and width of an image: int32 (2,). Only JPEGs needn't be decoded."""

    def decoded():
        return tf.shape(decode(encoded))[:2]

    return tf.cond(tf.io.is_jpeg(encoded), lambda: tf.image.extract_jpeg_shape(encoded)[:2], decoded)
