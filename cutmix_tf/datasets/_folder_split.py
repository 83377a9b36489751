"""A split of image files."""

import dataclasses
import functools
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from cutmix_tf._random import permutation
from cutmix_tf.datasets._header import image_size
from cutmix_tf.datasets._splits import as_places, places_of_classes
from cutmix_tf.datasets._stream_split import StreamSplit


class ImageFile(NamedTuple):
    """A file and its label; the path is relative to the dataset's folder, with forward slashes."""

    path: str
    label: int


@dataclasses.dataclass(frozen=True, eq=False)
class FolderSplit(StreamSplit):
    """Image files, each read when it is used.

    Attributes:
      root: The dataset's folder.
      files: The images, in the order of storage.
    """

    root: Path
    files: tuple[ImageFile, ...]

    def __len__(self) -> int:
        return len(self.files)

    @functools.cached_property
    def fingerprint(self) -> str:
        """A digest of names and sizes of the files, in their order; the same wherever the folder is."""
        lines = [f"{file.path} {(self.root / file.path).stat().st_size}" for file in self.files]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @functools.cached_property
    def image_size(self) -> tuple[int, int] | None:
        """Height and width of all images, None if they differ; reads headers up to the first that differs."""
        sizes = (image_size(self.root / file.path) for file in self.files)
        first = next(sizes)
        return first if all(size == first for size in sizes) else None

    def select(self, places: Any) -> "FolderSplit":
        """The files at these places; others are not touched. See `Split.select`."""
        places = as_places(places, len(self))
        attention = None if self.attention is None else self.attention[places]
        return FolderSplit(self.root, tuple(self.files[place] for place in places), attention=attention)

    def of_classes(self, first: int, stop: int) -> "FolderSplit":
        """The files of these classes; none is read. See `Split.of_classes`."""
        some = self.select(places_of_classes(np.array([file.label for file in self.files]), first, stop))
        return dataclasses.replace(some, files=tuple(file._replace(label=file.label - first) for file in some.files))

    def read(self, seed: Any = None) -> tf.data.Dataset:
        """One epoch of (content, label, place), the order a permutation of all files. See `StreamSplit.read`."""
        paths = tf.constant([str(self.root / file.path) for file in self.files])
        labels, places = tf.constant([file.label for file in self.files]), tf.range(len(self), dtype=tf.int64)
        if seed is not None:
            places = tf.cast(permutation(len(self), seed), tf.int64)
            paths, labels = tf.gather(paths, places), tf.gather(labels, places)
        return tf.data.Dataset.from_tensor_slices((paths, labels, places)).map(
            lambda path, label, place: (tf.io.read_file(path), label, place), num_parallel_calls=tf.data.AUTOTUNE
        )
