"""TFDS sets whose images have captions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf.transfer._tfds import Builder, count, find_builder, make_prepared, read_encoded
from cutmix_tf.transfer._vocabulary import clean

TESTS = "test", "validation", "val"


class StoredCaptions:
    """A prepared TFDS set with captions.

    Args:
      builder: tfds.core.DatasetBuilder.
      name: What it is called in messages.

    Raises:
      ValueError: if it has no images with captions.
    """

    def __init__(self, builder: Builder, name: str):
        self.name, self._builder = name, builder
        features = dict(builder.info.features)
        if "image" not in features or not _has_texts(features.get("captions")):
            raise ValueError(
                f"A captioning set needs an image and captions, a sequence of texts; {name} has "
                f"{', '.join(features)}. Choose another, such as coco_captions."
            )

    @property
    def train_split(self) -> str:
        """What is usually trained on; for COCO, what Karpathy and Fei-Fei (2015) train on."""
        return "train+restval" if "restval" in self._builder.info.splits else "train"

    @property
    def test_split(self) -> str:
        """What is usually tested on."""
        return next((name for name in TESTS if name in self._builder.info.splits), TESTS[0])

    def load(self, split: str) -> tuple[tuple[tuple[str, ...], ...], Callable[[], tf.data.Dataset]]:
        """The cleaned captions of each image that has any, and a function that reads these images, still encoded.

        Raises:
          ValueError: if there is no such split, or no caption in it.
        """
        count(self._builder, self.name, split)  # raises if there is no such split
        stored = read_encoded(self._builder, split).map(lambda example: _texts(example["captions"]))
        captions = [tuple(filter(None, map(_cleaned, texts))) for texts in stored.as_numpy_iterator()]
        kept = np.array([bool(some) for some in captions], bool)
        if not kept.any():
            raise ValueError(f"{split} of {self.name} has no image with a caption. Choose another split.")

        def read() -> tf.data.Dataset:
            images = read_encoded(self._builder, split).map(lambda example: example["image"])
            chosen = images.enumerate().filter(lambda *example: tf.constant(kept)[example[0]])
            return chosen.map(lambda _, image: image)

        return tuple(some for some in captions if some), read


def _has_texts(captions: Any) -> bool:
    """Whether a feature is a sequence of texts, or of such as have a text."""
    parts = getattr(captions, "feature", None)
    try:
        text = parts if parts is None or not hasattr(parts, "keys") else parts["text"]
    except KeyError:
        return False
    return getattr(text, "np_dtype", None) in (np.str_, np.object_, np.dtype(object))


def _texts(captions: Any) -> tf.Tensor:
    return captions["text"] if isinstance(captions, dict) else captions


def _cleaned(caption: bytes) -> str:
    return clean(caption.decode())


def open_captioned(name: str, data_dir: str | None, download: bool) -> StoredCaptions:
    """The TFDS set of that name; raises as `load_captions`."""
    builder = find_builder(name, data_dir, "captioning")
    stored = StoredCaptions(builder, name)  # raises for a set of another kind before that is downloaded
    make_prepared(builder, name, data_dir, download)
    return stored
