"""A split in memory."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._random import permutation
from cutmix_tf.datasets._splits import Hold, ObjectBoxes, Split, as_places, check_array, places_of_classes


@dataclasses.dataclass(frozen=True, eq=False)
class ArraySplit(Split):
    """Decoded images of one size, in memory.

    Attributes:
      images: uint8 (n, height, width, channels).
      labels: int32 (n,).
      boxes: int32 (n, 4), where the object is: top, left, bottom, right in pixels, half-open; or None.
      masks: bool (n, height, width), which pixels are the object's; or None.

    Raises:
      ValueError: if the split is empty, or an array has another dtype or shape.
    """

    images: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray | None = None
    masks: np.ndarray | None = None

    random_access = True

    def __post_init__(self):
        super().__post_init__()
        count, size = len(self), self.images.shape[1:3]
        check_array("images", self.images, np.uint8, (count, *size, self.images.shape[-1]))
        check_array("labels", self.labels, np.int32, (count,))
        if self.boxes is not None:
            check_array("boxes", self.boxes, np.int32, (count, 4))
        if self.masks is not None:
            check_array("masks", self.masks, np.bool_, (count, *size))

    def __len__(self) -> int:
        return len(self.images)

    @functools.cached_property
    def fingerprint(self) -> str:
        """A digest of images and labels in their order."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of the images."""
        height, width = self.images.shape[1:3]
        return height, width

    def object_boxes(self) -> ObjectBoxes | None:
        """The boxes, if there are any."""
        if self.boxes is None:
            return None
        return ObjectBoxes(self.boxes, np.tile(np.array(self.image_size, np.int32), (len(self), 1)))

    def select(self, places: Any) -> "ArraySplit":
        """Copies of the examples at these places. See `Split.select`."""
        places = as_places(places, len(self))
        boxes, masks, attention = (
            None if array is None else array[places] for array in (self.boxes, self.masks, self.attention)
        )
        return ArraySplit(self.images[places], self.labels[places], boxes, masks, attention=attention)

    def of_classes(self, first: int, stop: int) -> "ArraySplit":
        """Copies of the examples of these classes. See `Split.of_classes`."""
        some = self.select(places_of_classes(self.labels, first, stop))
        return dataclasses.replace(some, labels=some.labels - np.int32(first))

    def batches(self, batch_size: int, seed: Any = None) -> tf.data.Dataset:
        """One epoch, a gather for each batch. See `Split.batches`."""
        gather = self._gather(batch_size, seed, [lambda tensor=tensor: tensor for tensor in self._tensors])
        return tf.data.Dataset.range(self.steps_per_epoch(batch_size)).map(gather)

    def shared_batches(self, batch_size: int, seed: Any, steps: range, hold: Hold) -> tf.data.Dataset:
        """The same batches, of arrays that are held for all processes. See `Split.shared_batches`."""
        held = [hold(f"{self.fingerprint}.{name}", getattr(self, name)) for name in ("images", "labels")]
        gather = self._gather(batch_size, seed, held + self._held_attention(hold))
        return tf.data.Dataset.range(steps.start, steps.stop).map(lambda number: (number, gather(number)))

    def _gather(self, batch_size: int, seed: Any, arrays: Sequence[Callable[[], tf.Tensor]]) -> Callable[..., tuple]:
        """From a batch's number in the epoch to the batch."""
        order = tf.range(len(self)) if seed is None else permutation(len(self), seed)

        def gather(number):
            chosen = order[number * batch_size : (number + 1) * batch_size]
            return tuple(tf.gather(array(), chosen) for array in arrays)

        return gather

    @functools.cached_property
    def _tensors(self) -> tuple[tf.Tensor, ...]:
        """Images, labels and maps in host memory, copied once; every dataset and every epoch shares them."""
        arrays = [array for array in (self.images, self.labels, self.attention) if array is not None]
        with tf.init_scope(), tf.device("CPU:0"):  # reshaped, since an array of several axes would be copied twice
            return tuple(tf.reshape(tf.constant(array.reshape(-1)), array.shape) for array in arrays)
