"""Arrays and `keras.utils.PyDataset`s, mixed batch by batch, for training loops without tf.data."""

import functools
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class _InEpochs(keras.utils.PyDataset):
    """Counts epochs: one that ends counts as over only if its last batch was drawn.

    Keras draws up to two batches before the first epoch, to see their shapes, and ends that as if it were an epoch.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.epoch, self._drawn_last = 0, False

    def step_of(self, index: int) -> int:
        """The number of a batch, counted over all epochs; notes whether it ends its epoch."""
        count = self.num_batches
        self._drawn_last |= index + 1 == count
        return index + self.epoch * (count or 0)

    def on_epoch_end(self) -> None:
        """Goes on to the next epoch."""
        self.epoch += self._drawn_last
        self._drawn_last = False


class MixedPyDataset(_InEpochs):
    """The batches of another PyDataset, mixed with draws that depend on (seed, epoch, batch) alone.

    Args:
      source: Batches (images, labels), (images, labels, sample_weight) or dicts, as the mixer takes them.
      mixer: A mixer of images, or a hidden mixer that is bound to a model.
      seed: An integer from 0 to 2**31 - 1.

    Raises:
      ValueError: if the source uses processes.
    """

    def __init__(self, source: keras.utils.PyDataset, mixer: Any, seed: int):
        if source.use_multiprocessing:
            raise ValueError(
                "Mixing runs in TensorFlow, whose threads do not survive a fork. Make the PyDataset with "
                f"use_multiprocessing=False; its workers={source.workers} then are threads."
            )
        super().__init__(workers=source.workers, max_queue_size=source.max_queue_size)
        self.source, self.mixer, self.seed = source, mixer, seed

    @property
    def num_batches(self) -> int | None:
        """As many as the source has; None if it never ends."""
        return self.source.num_batches

    def __getitem__(self, index: int) -> Any:
        element = self.source[index]
        parts = element if isinstance(element, tuple | list) else (element,)
        with tf.device("CPU"):  # as in tf.data: the device is busy with the model
            mixed = self.mixer(*parts, seed=tf.constant([self.seed, self.step_of(index)], tf.int64))
        return tf.nest.map_structure(np.asarray, mixed)

    def on_epoch_begin(self) -> None:
        """Begins the source's epoch."""
        self.source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Ends the source's epoch too."""
        self.source.on_epoch_end()
        super().on_epoch_end()


class ArrayBatches(_InEpochs):
    """Arrays in batches, in an order that depends on (seed, epoch) alone; the last batch may be smaller.

    Args:
      arrays: Arrays with as many rows each, in any structure: (images, labels), or a dict.
      batch_size: Rows in a batch.
      seed: An integer.

    Raises:
      ValueError: if the arrays have different numbers of rows, or none.
    """

    def __init__(self, arrays: Any, batch_size: int, seed: int):
        super().__init__()
        self.arrays = tf.nest.map_structure(np.asarray, tuple(arrays) if isinstance(arrays, list) else arrays)
        sizes = {len(array) if array.ndim else 0 for array in tf.nest.flatten(self.arrays)}
        if len(sizes) != 1 or 0 in sizes:
            raise ValueError(f"mix needs arrays with the same number of examples, at least one; got {sorted(sizes)}.")
        self.batch_size, self.seed, self._count = batch_size, seed, sizes.pop()
        self._order = functools.lru_cache(maxsize=1)(self._shuffled)

    @property
    def num_batches(self) -> int:
        """Examples over batch size, rounded up."""
        return -(-self._count // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        start = self.step_of(index) % self.num_batches * self.batch_size
        rows = self._order(self.epoch)[start : start + self.batch_size]
        return tf.nest.map_structure(lambda array: array[rows], self.arrays)

    def _shuffled(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self.seed, epoch]).permutation(self._count)
