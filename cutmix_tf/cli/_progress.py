"""A line on the screen that counts images while something is computed."""

import contextlib
import sys
import time
from collections.abc import Iterator

INTERVAL = 0.5  # seconds between two updates


class CounterLine:
    """Shows what is computed, how many images are done and how long it took; see `evaluation.Progress`."""

    def __init__(self):
        self._title, self._count, self._began, self._drawn = "", 0, 0.0, 0.0

    @contextlib.contextmanager
    def task(self, title: str) -> Iterator[None]:
        """Counts on a line with this title, which stays there at the end."""
        self._title, self._count, self._began = title, 0, time.perf_counter()
        yield
        self._draw(end="\n")
        self._title = ""

    def add(self, count: int) -> None:
        """Counts images; outside of a task there is nothing to show."""
        self._count += count
        if self._title and sys.stdout.isatty() and time.perf_counter() - self._drawn > INTERVAL:
            self._draw(end="\r")

    def _draw(self, end: str) -> None:
        self._drawn = time.perf_counter()
        seconds = self._drawn - self._began
        counted = f"{self._count:,} images" if self._count else ""  # a suite may need no image but those of others
        print(f"{self._title:<40} {counted:>16} {seconds:>6.0f} s", end=end, flush=True)
