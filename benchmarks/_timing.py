"""How the benchmarks measure: windows of time, and rounds in which all candidates take their turn."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from _record import summary

_SETTLE_SECONDS = 0.05


class Windows(Protocol):
    """Anything that can be timed in turns."""

    def window(self) -> float:
        """A rate, measured over one window."""
        ...


@dataclasses.dataclass(frozen=True)
class Stream:
    """An endless dataset, started once or for each window, and the number of its batches that fill one window."""

    begin: Callable[[], Iterator]
    batches: tf.Tensor
    parallel_calls: int

    def window(self) -> float:
        """Batches per second over one window, entered and left with the pipeline full."""
        time.sleep(_SETTLE_SECONDS)  # until the previous candidate has no more work in flight
        iterator = self.begin()
        _drain(iterator, tf.constant(2 * self.parallel_calls))
        return int(self.batches) / _seconds(iterator, self.batches)


def start(dataset: tf.data.Dataset, seconds: float, parallel_calls: int, *, restart: bool = False) -> Stream:
    """Starts an endless dataset, warms it up, and finds how many batches take about that many seconds.

    Batches are consumed in a compiled loop, so that Python's own time per step is not measured. A dataset that
    prefetches would keep producing batches while others are measured; `restart` starts it again for each window.
    """
    dataset = untuned(dataset)
    iterator = iter(dataset)
    _drain(iterator, tf.constant(2 * parallel_calls))  # traces and compiles
    batches, taken = 1, 0.0
    while taken < seconds / 4:
        batches *= 2
        taken = _seconds(iterator, tf.constant(batches))
    wanted = max(round(batches * seconds / taken), 2 * parallel_calls)
    return Stream((lambda: iter(dataset)) if restart else lambda: iterator, tf.constant(wanted), parallel_calls)


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset without autotuning, so that it doesn't change while it is measured."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def repeated(function: Callable, element: Any, seconds: float, parallel_calls: int = 2) -> Stream:
    """A function mapped over an endless repetition of one element."""
    dataset = tf.data.Dataset.from_tensors(element).repeat().map(function, num_parallel_calls=parallel_calls)
    return start(dataset, seconds, parallel_calls)


@dataclasses.dataclass(frozen=True)
class Loop:
    """A Python function, and the number of its calls that fill one window."""

    call: Callable[[], Any]
    calls: int

    def window(self) -> float:
        """Calls per second over one window."""
        time.sleep(_SETTLE_SECONDS)
        return self.calls / self._seconds()

    def _seconds(self) -> float:
        begin = time.perf_counter()
        for _ in range(self.calls):
            self.call()
        return time.perf_counter() - begin


def start_loop(call: Callable[[], Any], seconds: float) -> Loop:
    """Warms a function up, and finds how many calls take about that many seconds."""
    call()
    loop, taken = Loop(call, 1), 0.0
    while taken < seconds / 4:
        loop = Loop(call, 2 * loop.calls)
        taken = loop.calls / loop.window()
    return Loop(call, max(round(loop.calls * seconds / taken), 1))


def rotate(streams: Mapping[str, Windows], rounds: int) -> dict[str, np.ndarray]:
    """The rate of every stream in every round; each round starts with the next stream."""
    names = list(streams)
    rates = {name: [] for name in names}
    print(f"{rounds} rounds of {len(names)}:", end="", flush=True)
    for number in range(rounds):
        print(f" {number + 1}", end="", flush=True)
        first = number % max(len(names), 1)
        for name in names[first:] + names[:first]:
            rates[name].append(streams[name].window())
    print()
    return {name: np.array(values) for name, values in rates.items()}


def compared(
    streams: Mapping[str, Windows], bases: Sequence[str], scale: float, rounds: int, unit: str = "images/s"
) -> dict[str, dict]:
    """For each stream its rate, and its ratios to others: medians over rounds of the ratios within a round.

    Args:
      streams: By name.
      bases: The names of those that all others are compared with.
      scale: How many units there are in one of a stream's own, such as images in a batch.
      rounds: How often each has its turn.
      unit: Of the rates.
    """
    rates = rotate(streams, rounds)
    rows = {}
    for name, values in rates.items():
        ratios = {f"× {base}": summary(values / rates[base]) for base in bases if base in rates and base != name}
        rows[name] = {unit: summary(scale * values)} | ratios
    return rows


@tf.function
def _drain(iterator: Iterator, batches: tf.Tensor) -> None:
    for _ in tf.range(batches):
        next(iterator)


def _seconds(iterator: Iterator, batches: tf.Tensor) -> float:
    begin = time.perf_counter()
    _drain(iterator, batches)
    return time.perf_counter() - begin
