"""What the benchmarks share: windows of time, rounds that pair the candidates, summaries and the record."""

import dataclasses
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Protocol

import numpy as np
import tensorflow as tf

_SETTLE_SECONDS = 0.05


@dataclasses.dataclass(frozen=True)
class Stream:
    """An endless dataset, running, and the number of its batches that fill one window of time."""

    drain: Callable[[tf.Tensor], None]
    batches: tf.Tensor
    parallel_calls: int

    def window(self) -> float:
        """Batches per second over one window, entered and left with the pipeline full."""
        time.sleep(_SETTLE_SECONDS)  # what the last candidate still had in flight comes to its end
        self.drain(tf.constant(2 * self.parallel_calls))
        return int(self.batches) / _seconds(self.drain, self.batches)


def start(dataset: tf.data.Dataset, seconds: float, parallel_calls: int) -> Stream:
    """Starts an endless dataset, warms it up, and finds how many batches take about that many seconds.

    Batches are consumed inside a compiled loop, so that Python's own time for a step is not measured.
    """
    options = tf.data.Options()
    options.autotune.enabled = False  # nothing tunes itself while it is measured
    iterator = iter(dataset.with_options(options))

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def drain(count):
        for _ in tf.range(count):
            next(iterator)

    drain(tf.constant(2 * parallel_calls))  # traces and compiles
    batches, taken = 1, 0.0
    while taken < seconds / 4:
        batches *= 2
        taken = _seconds(drain, tf.constant(batches))
    wanted = max(round(batches * seconds / taken), 4 * parallel_calls)
    return Stream(drain, tf.constant(wanted), parallel_calls)


class Windows(Protocol):
    """Whatever can be timed in turns."""

    def window(self) -> float:
        """A rate, measured over one window of time."""
        ...


def rotate(streams: Mapping[str, Windows], rounds: int) -> dict[str, np.ndarray]:
    """Batches per second of every stream in every round; each round begins with the next stream."""
    names = list(streams)
    rates = {name: [] for name in names}
    for number in range(rounds):
        print(f" {number + 1}", end="", flush=True)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            rates[name].append(streams[name].window())
    print()
    return {name: np.array(values) for name, values in rates.items()}


def summary(values: np.ndarray) -> dict[str, float]:
    """Median and quartiles, to four significant digits."""
    quartiles = np.percentile(values, [25, 50, 75])
    lower, median, upper = (float(f"{value:.4g}") for value in quartiles)
    return {"median": median, "lower_quartile": lower, "upper_quartile": upper}


def first_line(error: Exception) -> str:
    """The kind of an error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def environment(packages: Iterable[str]) -> dict:
    """Where a benchmark ran: command, commit, versions, processor and how busy the machine was."""
    return {
        "command": shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]]),
        "commit": _commit(),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "cpu": _cpu_model(),
        "logical_cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def save_json(record: dict, path: Path) -> None:
    """Writes strict JSON: no NaN and no infinity."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"Saved {path}")


def _seconds(drain: Callable[[tf.Tensor], None], batches: tf.Tensor) -> float:
    begin = time.perf_counter()
    drain(batches)
    return time.perf_counter() - begin


def _commit() -> str | None:
    """The checkout's short hash, marked if files in it were changed since."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=, with changes"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cpu_model() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
