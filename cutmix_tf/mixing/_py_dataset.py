"""Arrays and `keras.utils.PyDataset`s, mixed batch by batch, for training loops without tf.data."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf


class MixedPyDataset(keras.utils.PyDataset):
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
        self.source, self.mixer, self.seed, self._epoch = source, mixer, seed, 0

    @property
    def num_batches(self) -> int | None:
        """As many as the source has; None if it never ends."""
        return self.source.num_batches

    def __getitem__(self, index: int) -> Any:
        element = self.source[index]
        parts = element if isinstance(element, tuple | list) else (element,)
        step = self._epoch * (self.num_batches or 0) + index
        with tf.device("CPU"):  # as in tf.data; the device may be busy with the model
            mixed = self.mixer(*parts, seed=tf.constant([self.seed, step], tf.int64))
        return tf.nest.map_structure(np.asarray, mixed)

    def on_epoch_begin(self) -> None:
        """Begins the source's epoch."""
        self.source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Ends the source's epoch, and goes on to the draws of the next one."""
        self.source.on_epoch_end()
        self._epoch += 1


class ArrayBatches(keras.utils.PyDataset):
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
        self.batch_size, self.seed, self._epoch = batch_size, seed, 0
        self._order = self._shuffled(sizes.pop())

    @property
    def num_batches(self) -> int:
        """Examples over batch size, rounded up."""
        return -(-len(self._order) // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        return tf.nest.map_structure(lambda array: array[rows], self.arrays)

    def on_epoch_end(self) -> None:
        """Shuffles for the next epoch."""
        self._epoch += 1
        self._order = self._shuffled(len(self._order))

    def _shuffled(self, count: int) -> np.ndarray:
        return np.random.default_rng([self.seed, self._epoch]).permutation(count)
