"""How batches arrive from the workers of a tf.data service.

TensorFlow's own reading waits forever for a dispatcher that doesn't answer, and for a worker that was killed. Neither
wait can be ended from inside a graph. So a thread of its own registers the job, and Python reads the batches together
with a clock, which lets it stop when nothing has come for a while.
"""

import logging
import queue
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

LOG = logging.getLogger("cutmix_tf")

_TICK = 0.25  # seconds


def arriving(address: str, batches: tf.data.Dataset, count: int, patience: float) -> tf.data.Dataset:
    """The batches, made by the workers, in the order in which they are ready.

    Args:
      address: Of the dispatcher.
      batches: What the workers make; its source is dealt out among them.
      count: Number of examples in all batches together.
      patience: Seconds to wait for the dispatcher, and for a next batch.

    Raises:
      ConnectionError: if no dispatcher answers; while reading, if no worker delivers a batch.
    """
    job = _registered(address, batches.prefetch(tf.data.AUTOTUNE), patience)
    dynamic = tf.data.experimental.service.ShardingPolicy.DYNAMIC
    delivered = tf.data.experimental.service.from_dataset_id(dynamic, address, job, batches.element_spec)
    with_clock = _with_clock(delivered)
    return tf.data.Dataset.from_generator(
        lambda: _read(address, with_clock, count, patience), output_signature=batches.element_spec
    )


def _read(address: str, with_clock: tf.data.Dataset, count: int, patience: float) -> Iterator[Any]:
    """The batches until there is nothing more to wait for.

    It also stops after the last example: if a worker was lost before the epoch began, the job itself never ends.
    """
    seen, heard = 0, 0
    for number, (rows, batch) in enumerate(with_clock):
        if rows > 0:
            seen, heard = seen + int(rows), number
            yield batch.get_value()
        elif rows < 0 or seen == count or (number - heard) * _TICK >= patience:
            break
    if seen == 0:
        raise ConnectionError(
            f"A data service needs workers; none has delivered a batch at {address} in {patience:g} s. "
            "Start them with cutmix-tf serve worker."
        )
    if seen < count:
        LOG.warning("%d of this epoch's %d examples are lost with a worker of the data service", count - seen, count)


def _registered(address: str, dataset: tf.data.Dataset, patience: float) -> tf.Tensor:
    """The dataset's name at the dispatcher."""
    answers = queue.SimpleQueue()

    def register():
        try:
            answers.put(tf.data.experimental.service.register_dataset(address, dataset, compression=None))
        except Exception as error:  # whatever it is, it is raised below
            answers.put(error)

    threading.Thread(target=register, daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except queue.Empty:
        raise ConnectionError(
            f"A data service needs a dispatcher; none has answered at {address} in {patience:g} s. "
            "Start it with cutmix-tf serve dispatcher, or correct the address."
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
        return batches.take(-which).concatenate(ticks.take(which - 1))  # 0 takes none, -1 takes all

    return tf.data.Dataset.range(2).interleave(one_of_both, cycle_length=2, num_parallel_calls=2, deterministic=False)


def _slowed(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Sleeps before each of the scalars; a Python function that sleeps would not be safe while the interpreter ends."""
    variant = tf.raw_ops.SleepDataset(
        input_dataset=tf.data.experimental.to_variant(dataset),
        sleep_microseconds=int(_TICK * 1e6),
        output_types=[tf.int64],
        output_shapes=[[]],
    )
    return tf.data.experimental.from_variant(variant, dataset.element_spec)
