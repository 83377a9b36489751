"""Batches made by the workers of a tf.data service, epoch by epoch.

Each epoch is a job of its own, whose source is dealt out to the workers as they ask for more (dynamic sharding). No
example comes twice in an epoch. What a worker held when it was killed does not come at all.

- A split with random access deals out its steps. Workers read the arrays from files, so a batch is the very one that
  the training process would make of that step; only the order of arrival is left to chance.
- Other splits deal out their files, and numbers to seed the batches with. Each worker makes batches of what it
  gets; the partial ones are joined where they arrive.
"""

import dataclasses
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_number
from cutmix_tf.pipeline._arrival import arriving
from cutmix_tf.pipeline._source import BatchSource, Epochs, Make


@dataclasses.dataclass(frozen=True)
class DataService(BatchSource):
    """A dispatcher and its workers, as `cutmix-tf serve` starts them. They must find the data under the same paths.

    Attributes:
      address: Of the dispatcher, grpc://HOST:PORT.
      folder: Where arrays in memory are written for the workers, which must find it under the same path: on this
        machine or on storage that all share. It grows to their size, and can be removed after training.
      patience: Seconds without a batch after which an epoch that has begun is taken as ended, and one that has not is
        an error.

    Raises:
      TypeError, ValueError: if the address is not of that form, or `patience` is not a number above 0.
    """

    address: str
    folder: str | os.PathLike
    patience: float = 60.0

    in_this_process = False

    def __post_init__(self):
        check_address(self.address)
        check_number("patience", self.patience, low=0, above=True)

    def batches(self, epochs: Epochs, make: Make, first_step: int) -> tf.data.Dataset:
        """The rest of one epoch, in the order in which workers have batches ready. See `BatchSource.batches`.

        Raises:
          ConnectionError: if no dispatcher answers.
          ValueError: if batches that must be joined carry the plan of a mixer that works inside the model.
        """
        epoch, done = divmod(first_step, epochs.steps)
        split, batch_size = epochs.split, epochs.batch_size
        shared = split.shared_batches(batch_size, epochs.seed_of(epoch), range(done, epochs.steps), self._hold)
        made = shared.map(
            lambda number, batch: make(epoch * epochs.steps + number, batch), num_parallel_calls=tf.data.AUTOTUNE
        )
        if split.random_access:
            count = min(epochs.steps * batch_size, len(split)) - done * batch_size
            return arriving(self.address, made, count, self.patience)
        _check_joinable(made)
        batches = arriving(self.address, made, len(split), self.patience)
        return batches.rebatch(batch_size, drop_remainder=epochs.static_shapes).skip(done)

    def _hold(self, name: str, array: np.ndarray) -> Callable[[], tf.Tensor]:
        """Writes an array to a file, which is mapped into memory wherever the tensor is used. See `Hold`."""
        path = Path(self.folder).absolute() / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{name}.{os.getpid()}")
            array.tofile(unfinished)
            unfinished.replace(path)
        dtype = tf.as_dtype(array.dtype)
        return lambda: tf.raw_ops.ImmutableConst(dtype=dtype, shape=array.shape, memory_region_name=str(path))


def check_address(address: str) -> None:
    """Raises TypeError or ValueError unless the address is grpc://HOST:PORT."""
    if not isinstance(address, str):
        raise TypeError(f"The address of a data service must be a string; got {address!r}.")
    parts = re.fullmatch(r"grpc://(?:[^\s/:\[\]]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})", address)
    if parts is None or not 0 < int(parts[1]) < 2**16:
        raise ValueError(
            f"The address of a data service must be that of its dispatcher, grpc://HOST:PORT; got {address!r}. "
            "cutmix-tf serve dispatcher starts one and prints its port."
        )


def _check_joinable(batches: tf.data.Dataset) -> None:
    inputs: Any = batches.element_spec
    if isinstance(inputs[0], dict):
        raise ValueError(
            "A data service joins partial batches of images that are read from disk, so batches can't carry a plan for "
            "mixing inside the model; got such a mixer. Mix the images, or train without the service."
        )
