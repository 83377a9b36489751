"""Batches made by the workers of a tf.data service, epoch by epoch.

Each epoch is a job of its own, whose source is dealt out to the workers as they ask for more (dynamic sharding):

- Of a split in memory, the steps. Workers read the arrays from files, so a batch is the very one that the training
  process would make of that step; only the order of arrival is left to chance.
- Of a stream, its files, and steps to number the batches by. Each worker puts batches together from what it got; those
  that are not whole are joined where they arrive.

No example comes twice in an epoch. What a worker held when it was killed does not come at all. TensorFlow would wait
for it for ever; here an epoch is over when nothing has come for a while.
"""

import dataclasses
import hashlib
import os
import pathlib
import queue
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_number
from cutmix_tf._random import permutation
from cutmix_tf.datasets import ArraySplit, Split, StreamSplit

_TICK = 0.25  # seconds

_StoredArray = Callable[[], tf.Tensor]


@dataclasses.dataclass(frozen=True)
class DataService:
    """A dispatcher and its workers, as `python -m cutmix_tf.data.serve` starts them.

    Attributes:
      address: of the dispatcher, grpc://HOST:PORT.
      folder: where arrays in memory are written for the workers, which must find it under the same path: on this
        machine or on storage that all share. It grows to their size, and may be removed after training.
      patience: seconds without a batch after which an epoch that has begun is over, and another is an error.

    Raises:
      TypeError, ValueError: if the address is none, or `patience` is no number above 0.
    """

    address: str
    folder: str | os.PathLike
    patience: float = 60.0

    def __post_init__(self):
        check_address(self.address)
        check_number("patience", self.patience, low=0, above=True)


def check_address(address: str) -> None:
    """Raises TypeError or ValueError unless the address is grpc://HOST:PORT."""
    if not isinstance(address, str):
        raise TypeError(f"A data service needs the address of its dispatcher, a text; got {address!r}.")
    parts = re.fullmatch(r"grpc://(?:[^\s/:\[\]]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})", address)
    if parts is None or not 0 < int(parts[1]) < 2**16:
        raise ValueError(
            f"A data service needs the address of its dispatcher, grpc://HOST:PORT; got {address!r}. "
            "python -m cutmix_tf.data.serve dispatcher starts one and says its port."
        )


def epoch_by_workers(
    service: DataService,
    split: Split,
    prepared: Callable[..., tuple[Any, Any]],
    *,
    batch_size: int,
    seed: tf.Tensor,
    steps: int,
    first_step: int = 0,
    whole_only: bool = False,
) -> tf.data.Dataset:
    """One epoch's batches, or the rest of them, in the order in which workers have them ready.

    Args:
      service: whose workers.
      split: of a loaded dataset.
      prepared: `prepared(step, batch)` makes what is delivered of a batch as in `Split.batches`.
      batch_size: examples in a batch.
      seed: two integers, the key of the epoch's order.
      steps: batches in an epoch.
      first_step: where to begin, counted over all epochs.
      whole_only: whether a last partial batch is left out.

    Raises:
      ConnectionError: if no dispatcher answers.
      ValueError: if batches that need joining carry the plan of a mixer that works inside the network.
    """
    inside = first_step % steps
    began = first_step - inside
    if isinstance(split, ArraySplit):
        source = tf.data.Dataset.range(first_step, began + steps)
        source = source.map(_gather_batch(split, batch_size, seed, began, service.folder))
        count = min(steps * batch_size, len(split)) - inside * batch_size
        return _delivered(service, source.map(prepared, num_parallel_calls=tf.data.AUTOTUNE), count)
    numbers = tf.data.Dataset.range(began, tf.int64.max)  # dealt out too: no number is used by two workers
    source = tf.data.Dataset.zip((numbers, _stream_batches(split, batch_size, seed, service.folder)))
    batches = source.map(prepared, num_parallel_calls=tf.data.AUTOTUNE)
    elements: Any = batches.element_spec
    if isinstance(elements[0], dict):
        raise ValueError(
            "A data service joins partial batches of sets that are read from disk, so none may carry a plan for mixing "
            "inside the network; got such a mixer. Mix the pictures, or train without the service."
        )
    joined = _delivered(service, batches, len(split)).rebatch(batch_size, drop_remainder=whole_only)
    return joined.skip(inside)


def _gather_batch(split: ArraySplit, batch_size: int, seed, began: int, folder) -> Callable[[tf.Tensor], tuple]:
    """Makes (step, batch) of a step of the epoch that began with that step; the batch as in `ArraySplit.batches`."""
    order = permutation(len(split), seed)
    arrays = [_stored(split.images, f"{split.fingerprint}.images", folder)]
    arrays += [_stored(split.labels, f"{split.fingerprint}.labels", folder), *_stored_maps(split, folder)]

    def gather(step):
        number = step - began
        chosen = order[number * batch_size : (number + 1) * batch_size]
        return step, tuple(tf.gather(array(), chosen) for array in arrays)

    return gather


def _stream_batches(split: StreamSplit, batch_size: int, seed, folder) -> tf.data.Dataset:
    """As `StreamSplit.batches`, but of whatever share of the files a worker is given."""
    maps = _stored_maps(split, folder)

    def with_maps(images, labels, places):
        return images, labels, *(tf.gather(array(), places) for array in maps)

    return split.read(seed).batch(batch_size).map(with_maps)


def _stored_maps(split: Split, folder) -> list[_StoredArray]:
    """The attention maps, if there are any."""
    if split.attention is None:
        return []
    digest = hashlib.sha256(np.ascontiguousarray(split.attention).data).hexdigest()
    return [_stored(split.attention, f"{digest}.attention", folder)]


def _stored(array: np.ndarray, name: str, folder) -> _StoredArray:
    """Maps a file into memory wherever it is run. A constant would be sent and kept anew with each epoch."""
    path = pathlib.Path(folder).absolute() / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        array.tofile(unfinished)
        unfinished.replace(path)
    dtype = tf.as_dtype(array.dtype)
    return lambda: tf.raw_ops.ImmutableConst(dtype=dtype, shape=array.shape, memory_region_name=str(path))


def _delivered(service: DataService, batches: tf.data.Dataset, count: int) -> tf.data.Dataset:
    """The batches, made by the workers; of `count` examples in all, if none is lost.

    TensorFlow's own reading would wait for ever for a worker that was killed, and can be given up from Python only.
    """
    job = _registered(service, batches.prefetch(tf.data.AUTOTUNE))
    dynamic = tf.data.experimental.service.ShardingPolicy.DYNAMIC
    arriving = tf.data.experimental.service.from_dataset_id(dynamic, service.address, job, batches.element_spec)
    with_clock = _with_clock(arriving)
    return tf.data.Dataset.from_generator(
        lambda: _read(service, with_clock, count), output_signature=batches.element_spec
    )


def _read(service: DataService, with_clock: tf.data.Dataset, count: int) -> Iterator[Any]:
    """The batches until nothing more is to be expected.

    That is also after the last example: of a worker that was lost before the epoch began, no end would be told.
    """
    seen, heard = 0, 0
    for number, (rows, batch) in enumerate(with_clock):
        if rows > 0:
            seen, heard = seen + int(rows), number
            yield batch.get_value()
        elif rows < 0 or seen == count or (number - heard) * _TICK >= service.patience:
            break
    if seen == 0:
        raise ConnectionError(
            f"A data service needs workers; none has delivered a batch at {service.address} in {service.patience:g} s. "
            "Start them with python -m cutmix_tf.data.serve worker."
        )
    if seen < count:
        print(f"{count - seen} of this epoch's {count} examples are lost with a worker of the service.", flush=True)


def _registered(service: DataService, dataset: tf.data.Dataset) -> tf.Tensor:
    """The dataset's name at the dispatcher. TensorFlow would wait for ever for one that does not answer."""
    answers = queue.SimpleQueue()

    def register():
        try:
            answers.put(tf.data.experimental.service.register_dataset(service.address, dataset, compression=None))
        except Exception as error:  # whatever it is, it is raised below
            answers.put(error)

    threading.Thread(target=register, daemon=True).start()
    try:
        answer = answers.get(timeout=service.patience)
    except queue.Empty:
        raise ConnectionError(
            f"A data service needs a dispatcher; none has answered at {service.address} in {service.patience:g} s. "
            "Start it with python -m cutmix_tf.data.serve dispatcher, or correct the address."
        ) from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _with_clock(batches: tf.data.Dataset) -> tf.data.Dataset:
    """(number of examples, batch) as they arrive, (0, nothing) four times a second, and (-1, nothing) at the end."""
    nothing = tf.experimental.Optional.empty(batches.element_spec)

    def counted(*batch):
        return tf.shape(tf.nest.flatten(batch)[0])[0], tf.experimental.Optional.from_value(batch)

    ticks = _slowed(tf.data.Dataset.counter()).map(lambda _: (0, nothing))
    batches = batches.map(counted).concatenate(tf.data.Dataset.from_tensors((-1, nothing)))

    def one_of_both(which):
        return batches.take(-which).concatenate(ticks.take(which - 1))  # -1 takes all

    return tf.data.Dataset.range(2).interleave(one_of_both, cycle_length=2, num_parallel_calls=2, deterministic=False)


def _slowed(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Sleeps before each of the scalars, which Python can't do safely while the interpreter ends."""
    variant = tf.raw_ops.SleepDataset(
        input_dataset=tf.data.experimental.to_variant(dataset),
        sleep_microseconds=int(_TICK * 1e6),
        output_types=[tf.int64],
        output_shapes=[[]],
    )
    return tf.data.experimental.from_variant(variant, dataset.element_spec)
