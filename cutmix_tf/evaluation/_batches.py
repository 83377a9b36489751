"""Arrays through a function batch by batch, and the protocol for showing how far a computation is."""

import contextlib
from collections.abc import Callable
from typing import Protocol

import numpy as np

from cutmix_tf._checks import check_whole

BATCH = 256


class Progress(Protocol):
    """Shows how far a computation is; the command line passes one in."""

    def task(self, title: str) -> contextlib.AbstractContextManager[None]:
        """A context in which something with this title is computed."""
        ...

    def add(self, count: int) -> None:
        """Counts images that were computed."""
        ...


class Silent:
    """A `Progress` that shows nothing."""

    def task(self, title: str) -> contextlib.AbstractContextManager[None]:
        """Does nothing."""
        return contextlib.nullcontext()

    def add(self, count: int) -> None:
        """Does nothing."""


SILENT = Silent()


def in_batches(
    function: Callable[..., np.ndarray], *arrays: np.ndarray, batch_size: int = BATCH, progress: Progress = SILENT
) -> np.ndarray:
    """Applies a function to all rows of the arrays, batch by batch, and joins the results along the first axis.

    All batches have the same size, so a compiled function is compiled once: the last one is padded with copies of its
    last row, whose results are dropped.

    Args:
      function: Takes a batch of each array; returns an array with as many rows.
      *arrays: Of equal length.
      batch_size: At least 1; fewer rows than that make one smaller batch.
      progress: Counts the rows.

    Raises:
      ValueError: if there are no rows, or the arrays differ in length.
    """
    check_whole("batch_size", batch_size, low=1)
    count = len(arrays[0])
    if count == 0 or any(len(array) != count for array in arrays):
        raise ValueError(f"Arrays must have the same length, at least 1; got {[len(array) for array in arrays]}.")
    size = min(batch_size, count)
    parts = []
    for first in range(0, count, size):
        places = np.minimum(np.arange(first, first + size), count - 1)
        parts.append(function(*(array[places] for array in arrays))[: count - first])
        progress.add(len(parts[-1]))
    return np.concatenate(parts)
