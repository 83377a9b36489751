"""Examples that can't be read: found by reading a split once, and named."""

import logging
import re
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import tensorflow as tf

LOG = logging.getLogger("cutmix_tf")

BadExamples = Literal["refuse", "skip"]
"""What happens to unreadable examples: reading stops with an error, or they are found first and left out."""

READ = 256  # examples between two looks at the clock
EVERY = 10.0  # seconds between two lines of progress
NAMED = 3  # bad examples that a message names


class BadExample(NamedTuple):
    """Something unreadable.

    Attributes:
      where: The file, and the record in it, from 0.
      reason: What is wrong.
      places: In the split, from 0, bad examples included; several if a damaged record hides those behind it.
    """

    where: str
    reason: str
    places: range

    def __str__(self) -> str:
        return f"{self.where} ({self.reason})"


def bad_places(examples: tf.data.Dataset, count: int, title: str) -> np.ndarray:
    """The places from 0 to count - 1 that do not come through: int64, ascending. Logs its progress.

    Args:
      examples: (place, decoded image); making a bad one fails.
      count: Number of examples that there should be.
      title: Of the split, for messages.

    Raises:
      ValueError: if there are more examples than that.
    """
    # A byte of each image, so that no optimization drops the decoding as unused.
    first_bytes = examples.map(lambda place, image: (place, image[0, 0, 0]), num_parallel_calls=tf.data.AUTOTUNE)
    good, logged = [np.zeros(0, np.int64)], time.monotonic()
    for places, _ in first_bytes.ignore_errors().batch(READ).as_numpy_iterator():
        good.append(places)
        if time.monotonic() - logged > EVERY:
            LOG.info("Checked %s of %s examples of %s", f"{len(good) * READ - READ:,}", f"{count:,}", title)
            logged = time.monotonic()
    good = np.concatenate(good)
    bad = np.setdiff1d(np.arange(count), good)
    if len(good) + len(bad) > count:
        raise ValueError(f"{count} examples are expected in {title}; its files hold more. Prepare the dataset again.")
    return bad


def reason_of(error: tf.errors.OpError) -> str:
    """TensorFlow's message, without the names of its nodes."""
    return " ".join(re.sub(r"\{\{.*?\}\}|\[\[.*?\]\]|\[Op:.*", "", error.message).split())


def places_of(bad: Sequence[BadExample]) -> np.ndarray:
    """All their places: int64, ascending."""
    return np.array([place for example in bad for place in example.places], np.int64)


def summary_of(bad: Sequence[BadExample], count: int, title: str) -> str:
    """How many of a split's `count` examples are bad, and which are the first of them."""
    more = f"; and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return f"{len(places_of(bad)):,} of {count:,} examples of {title}: {'; '.join(map(str, bad[:NAMED]))}{more}"


def check_some_left(bad: Sequence[BadExample], count: int, title: str) -> None:
    """Raises ValueError if all examples of a split are bad."""
    if len(places_of(bad)) == count:
        raise ValueError(
            f"A split needs at least one readable example; can't read {summary_of(bad, count, title)}. "
            "Prepare the dataset again."
        )
