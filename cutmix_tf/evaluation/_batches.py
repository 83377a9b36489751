"""Arrays through a function, batch by batch, and a line that counts them."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

from cutmix_tf._checks import check_whole

BATCH = 256
REDRAWN = 0.5  # seconds


class Counter:
    """A line on the screen that counts pictures while something is computed."""

    def __init__(self):
        self.count, self._title, self._began, self._drawn = 0, "", 0.0, 0.0

    @contextlib.contextmanager
    def line(self, title: str) -> Iterator[None]:
        """A line of that title; what is counted until the end of the block is told there."""
        self.count, self._title, self._began, self._drawn = 0, title, time.perf_counter(), 0.0
        yield
        self._draw(end="\n")

    def add(self, count: int) -> None:
        """Counts on."""
        self.count += count
        if self._title and sys.stdout.isatty() and time.perf_counter() - self._drawn > REDRAWN:
            self._draw(end="\r")

    def _draw(self, end: str) -> None:
        self._drawn = time.perf_counter()
        print(f"{self._title:<40} {self.count:>9} pictures {self._drawn - self._began:>6.0f} s", end=end, flush=True)


def in_batches(
    function: Callable[..., np.ndarray],
    *arrays: np.ndarray,
    batch_size: int = BATCH,
    progress: Counter | None = None,
) -> np.ndarray:
    """What the function gives for all rows of the arrays, joined along the first axis.

    All batches have one size, so that a compiled function is compiled once: the last one is filled up with copies of
    its last row, which are cut off again.

    Args:
      function: Of one batch of each array; gives an array with a row for each of theirs.
      *arrays: Of equal lengths.
      batch_size: At least 1; smaller if there are fewer rows.
      progress: Counts the rows.

    Raises:
      ValueError: if there are no rows, or the arrays differ in length.
    """
    check_whole("batch_size", batch_size, low=1)
    count = len(arrays[0])
    if count == 0 or any(len(array) != count for array in arrays):
        raise ValueError(f"Arrays of one length, at least 1, are needed; got {[len(array) for array in arrays]}.")
    size = min(batch_size, count)
    parts = []
    for first in range(0, count, size):
        places = np.minimum(np.arange(first, first + size), count - 1)
        parts.append(function(*(array[places] for array in arrays))[: count - first])
        if progress:
            progress.add(len(parts[-1]))
    return np.concatenate(parts)
