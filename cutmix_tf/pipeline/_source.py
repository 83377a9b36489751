"""Who makes the batches of a training: this process, or others on its behalf."""

import abc
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import tensorflow as tf

from cutmix_tf._random import fold_in
from cutmix_tf.datasets import Split

Make = Callable[[tf.Tensor, tuple], tuple[Any, Any]]
"""From the step, counted over all epochs, and a batch of the split to (inputs, targets)."""


@dataclasses.dataclass(frozen=True, eq=False)
class Epochs:
    """A split cut into batches, epoch after epoch, each in an order of its own.

    Attributes:
      split: The examples.
      batch_size: Examples in a batch.
      seed: Two integers, the key of all orders.
      static_shapes: Whether each epoch leaves out its last partial batch.
    """

    split: Split
    batch_size: int
    seed: tf.Tensor
    static_shapes: bool = False

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return self.split.steps_per_epoch(self.batch_size, static_shapes=self.static_shapes)

    def seed_of(self, epoch) -> tf.Tensor:
        """The key of an epoch's order."""
        return fold_in(self.seed, epoch)

    def batches(self, epoch) -> tf.data.Dataset:
        """One epoch, as from `Split.batches`."""
        batches = self.split.batches(self.batch_size, self.seed_of(epoch))
        return batches.take(self.steps) if self.static_shapes else batches


class BatchSource(abc.ABC):
    """Makes batches out of a split."""

    in_this_process: ClassVar[bool]
    """Whether batches are made here, so that `make` may call into Python."""

    @abc.abstractmethod
    def batches(self, epochs: Epochs, make: Make, first_step: int) -> tf.data.Dataset:
        """What `make` makes of the batches from a step on.

        Args:
          epochs: The batches of the split.
          make: From the step and a batch to what is delivered.
          first_step: Number of batches, over all epochs, to begin after.

        Returns:
          A dataset that goes on forever, or that ends with the epoch of `first_step`.
        """


class ThisProcess(BatchSource):
    """Makes batches with the threads of tf.data, in order, epoch after epoch without end."""

    in_this_process = True

    def batches(self, epochs: Epochs, make: Make, first_step: int) -> tf.data.Dataset:
        """See `BatchSource.batches`."""
        first_epoch, skipped = divmod(first_step, epochs.steps)
        return (
            tf.data.Dataset.range(first_epoch, tf.int64.max)
            .flat_map(epochs.batches)
            .skip(skipped)
            .enumerate(first_step)
            .map(make, num_parallel_calls=tf.data.AUTOTUNE)
            .apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        )
