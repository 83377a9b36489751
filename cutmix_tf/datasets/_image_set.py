"""What a loaded dataset is: its facts, and splits that deal out batches in a keyed order."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf._random import permutation
from cutmix_tf.datasets._bad_examples import BadExample

Read = Callable[[Any], tf.data.Dataset]


@dataclasses.dataclass(frozen=True, eq=False)
class ArraySplit:
    """Images of one size, decoded, in memory.

    Attributes:
      images: uint8 (n, height, width, channels).
      labels: int32 (n,).
      boxes: int32 (n, 4), where the object is: top, left, bottom, right in pixels, half-open; or None.
      masks: bool (n, height, width), which pixels are the object's; or None.
      attention: uint8 (n, rows, columns), maps that ride along with the images; or None.
      left_out: what could not be read and is not among these.

    Raises:
      ValueError: if the split is empty, or shapes and dtypes are not these.
    """

    images: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray | None = None
    masks: np.ndarray | None = None
    attention: np.ndarray | None = None
    left_out: tuple[BadExample, ...] = ()

    def __post_init__(self):
        count, size = len(self.images), self.images.shape[1:3]
        if count == 0:
            raise ValueError("A split needs at least one image; got none.")
        _check_array("images", self.images, np.uint8, (count, *size, self.images.shape[-1]))
        _check_array("labels", self.labels, np.int32, (count,))
        if self.boxes is not None:
            _check_array("boxes", self.boxes, np.int32, (count, 4))
        if self.masks is not None:
            _check_array("masks", self.masks, np.bool_, (count, *size))
        _check_attention(self.attention, count)

    def __len__(self) -> int:
        return len(self.images)

    def select(self, places: np.ndarray) -> "ArraySplit":
        """The examples at these places, in that order."""
        arrays = {name: getattr(self, name) for name in ("images", "labels", "boxes", "masks", "attention")}
        return ArraySplit(**{name: None if array is None else array[places] for name, array in arrays.items()})

    @functools.cached_property
    def fingerprint(self) -> str:
        """A digest of images and labels in their order: equal for equal data only."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    @functools.cached_property
    def _tensors(self) -> tuple[tf.Tensor, ...]:
        """Images, labels and maps in host memory, copied once; every dataset and every epoch shares them."""
        arrays = [array for array in (self.images, self.labels, self.attention) if array is not None]
        with tf.init_scope(), tf.device("CPU:0"):  # an array of more dimensions would be copied twice
            return tuple(tf.reshape(tf.constant(array.reshape(-1)), array.shape) for array in arrays)

    def batches(self, batch_size: int, seed=None) -> tf.data.Dataset:
        """One epoch of (images, labels): uint8 (b, height, width, channels) and int32 (b,).

        With `attention` set, each batch has the maps as its third part.

        Args:
          batch_size: number of examples in all batches but the last, which has what is left over.
          seed: two integers, the key of the order; None for the order of the arrays.
        """
        order = tf.range(len(self)) if seed is None else permutation(len(self), seed)

        def gather(number):
            chosen = order[number * batch_size : (number + 1) * batch_size]
            return tuple(tf.gather(tensor, chosen) for tensor in self._tensors)

        return tf.data.Dataset.range(steps_per_epoch(self, batch_size)).map(gather)


@dataclasses.dataclass(frozen=True, eq=False)
class StreamSplit:
    """Images of any size, read from disk at each epoch, still encoded.

    Attributes:
      count: number of examples.
      read: `read(seed)` gives one epoch of (encoded image, label, place), a string, an int32 and the int64 place
        in storage from 0, in an order that is a function of the seed (two integers), or in the order of storage
        where the seed is None.
      fingerprint: a digest of what is stored and in which order, as far as that is known without reading it.
      attention: uint8 (n, rows, columns), maps that ride along with the images, in the order of storage; or None.
      read_boxes: `read_boxes(seed)` gives, in the order of `read(seed)`, each picture's height and width and where
        its object is, int32 (2,) and (4,), as in `ArraySplit`; None where that is not known.
      left_out: what could not be read; neither counted nor among the places.

    Raises:
      ValueError: if the split is empty, or the maps are not these.
    """

    count: int
    read: Read
    fingerprint: str
    attention: np.ndarray | None = None
    read_boxes: Read | None = None
    left_out: tuple[BadExample, ...] = ()

    def __post_init__(self):
        if self.count < 1:
            raise ValueError(f"A split needs at least one image; got {self.count}.")
        _check_attention(self.attention, self.count)

    def __len__(self) -> int:
        return self.count

    def select(self, places: np.ndarray) -> "StreamSplit":
        """Not there yet."""
        raise ValueError("Slices of splits that are read from disk are not supported yet.")

    def batches(self, batch_size: int, seed=None) -> tf.data.Dataset:
        """One epoch of (encoded images, labels): string (b,) and int32 (b,); see `ArraySplit.batches`."""
        batches = self.read(seed).apply(tf.data.experimental.assert_cardinality(self.count)).batch(batch_size)
        if self.attention is None:
            return batches.map(lambda images, labels, places: (images, labels))
        maps = tf.constant(self.attention)
        return batches.map(lambda images, labels, places: (images, labels, tf.gather(maps, places)))


Split = ArraySplit | StreamSplit


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """A classification dataset.

    Attributes:
      name: the name it was loaded by.
      class_names: one name a class; a label is a position here.
      mean: of each channel, in pixel units from 0 to 255.
      std: of each channel, in pixel units.
      splits: "train" and "test", or the one of them that the dataset has.

    Raises:
      ValueError: if a label in memory is no position in `class_names`.
    """

    name: str
    class_names: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    splits: Mapping[str, Split]

    def __post_init__(self):
        for name, split in self.splits.items():
            if isinstance(split, ArraySplit):
                self._check_labels(name, split.labels)

    def _check_labels(self, split: str, labels: np.ndarray) -> None:
        wrong = np.flatnonzero((labels < 0) | (labels >= self.num_classes))
        if wrong.size:
            raise ValueError(
                f"Labels of {self.name} must be in [0, {self.num_classes}); got {labels[wrong[0]]} at index "
                f"{wrong[0]} of split {split!r} ({wrong.size} such labels). Prepare the dataset again."
            )

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Digests of the classes' names and of each split, to keep with what is made of the data."""
        names = hashlib.sha256("\n".join(self.class_names).encode()).hexdigest()
        return {"class_names": names} | {name: split.fingerprint for name, split in self.splits.items()}

    def check_unchanged(self, fingerprints: Mapping[str, str]) -> None:
        """Raises ValueError unless these are the `fingerprints` of now; says which differ."""
        here = self.fingerprints
        changed = [name for name in {**here, **fingerprints} if here.get(name) != fingerprints.get(name)]
        if changed:
            raise ValueError(
                f"{self.name} must be as it was; its {' and '.join(changed)} changed since. Bring the data back, or "
                "start again with what is there now."
            )

    @property
    def train(self) -> Split:
        """The training examples. Raises ValueError if the dataset has none."""
        return self._split("train")

    @property
    def test(self) -> Split:
        """The examples to test on, from a test or validation split. Raises ValueError if there is none."""
        return self._split("test")

    def _split(self, name: str) -> Split:
        if name not in self.splits:
            raise ValueError(
                f"A {name} split is needed; {self.name} has only {', '.join(self.splits)}. Use another set."
            )
        return self.splits[name]


def steps_per_epoch(split: Split, batch_size: int, *, static_shapes: bool = False) -> int:
    """Number of batches in an epoch, the last partial one included unless shapes are static.

    Raises:
      ValueError: if `batch_size` is below 1, or shapes are static and the examples don't fill one batch.
    """
    check_whole("batch_size", batch_size, low=1)
    if static_shapes and len(split) < batch_size:
        raise ValueError(
            f"Static shapes need a whole batch of {batch_size}; there are {len(split)} examples. Ask less."
        )
    return len(split) // batch_size if static_shapes else -(-len(split) // batch_size)


def _check_array(name: str, array: np.ndarray, dtype: type, shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"{name} must be {np.dtype(dtype).name} {shape}; got {array.dtype.name} {array.shape}. Convert them first."
        )


def _check_attention(attention: np.ndarray | None, count: int) -> None:
    if attention is not None and attention.ndim != 3:
        raise ValueError(f"attention must be uint8 (n, rows, columns); got shape {attention.shape}.")
    if attention is not None:
        _check_array("attention", attention, np.uint8, (count, *attention.shape[1:]))
