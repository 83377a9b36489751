"""Examples that can't be read: found by reading a split once, and named."""

import re
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

READ = 256  # examples between two looks at the clock
EVERY = 10.0  # seconds between two lines of progress
TOLD = 3  # bad examples that a message names


class BadExample(NamedTuple):
    """What can't be read.

    Attributes:
      where: the file, and the record in it, from 0.
      reason: what is wrong.
      places: in storage, from 0; several where a damaged record hides all that is behind it.
    """

    where: str
    reason: str
    places: range

    def __str__(self) -> str:
        return f"{self.where} ({self.reason})"


def bad_places(examples: tf.data.Dataset, count: int, title: str) -> np.ndarray:
    """The places from 0 to count - 1 that do not come through: int64, rising. Says every ten seconds how far it is.

    Args:
      examples: of (place, decoded picture); making a bad one fails.
      count: number of examples that there should be.
      title: of the split.

    Raises:
      ValueError: if there are more examples than that.
    """
    # a byte of each picture, so that no optimization finds its decoding needless
    first_bytes = examples.map(lambda place, image: (place, image[0, 0, 0]), num_parallel_calls=tf.data.AUTOTUNE)
    good, told = [np.zeros(0, np.int64)], time.monotonic()
    for places, _ in first_bytes.ignore_errors().batch(READ).as_numpy_iterator():
        good.append(places)
        if time.monotonic() - told > EVERY:
            print(f"Checked {len(good) * READ - READ:,} of {count:,} examples of {title}", flush=True)
            told = time.monotonic()
    good = np.concatenate(good)
    bad = np.setdiff1d(np.arange(count), good)
    if len(good) + len(bad) > count:
        raise ValueError(f"{count} examples are needed in {title}; its files hold more. Prepare the dataset again.")
    return bad


def reason_of(error: tf.errors.OpError) -> str:
    """TensorFlow's message, without the names of its nodes."""
    return " ".join(re.sub(r"\{\{.*?\}\}|\[\[.*?\]\]|\[Op:.*", "", error.message).split())


def places_of(bad: Sequence[BadExample]) -> np.ndarray:
    """All their places: int64, rising."""
    return np.array([place for example in bad for place in example.places], np.int64)


def told(bad: Sequence[BadExample], count: int, title: str) -> str:
    """How many examples of a split are bad, and the first of them, for messages."""
    more = f"; and {len(bad) - TOLD} more" if len(bad) > TOLD else ""
    return f"{len(places_of(bad)):,} of {count:,} examples of {title}: {'; '.join(map(str, bad[:TOLD]))}{more}"


def check_some_left(bad: Sequence[BadExample], count: int, title: str) -> None:
    """Raises ValueError if all examples of a split are bad."""
    if len(places_of(bad)) == count:
        raise ValueError(f"A split needs an example that can be read; can't read {told(bad, count, title)}.")
