"""What the benchmarks share: time windows, rounds that pair the candidates, summaries and the record."""

import argparse
import dataclasses
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf import datasets, mixing, pipeline

BATCHES = {32: 256, 224: 64}
"""Examples in a batch of `Dataset.map`, by the height and width of the images in pixels."""
BATCH = 128
"""Examples in a training batch."""
PREPROCESSING = pipeline.Preprocessing((32, 32), (125.0, 125.0, 125.0), (64.0, 64.0, 64.0), augment="crop_flip")
_SETTLE_SECONDS = 0.05


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
    dataset = _untuned(dataset)
    iterator = iter(dataset)
    _drain(iterator, tf.constant(2 * parallel_calls))  # traces and compiles
    batches, taken = 1, 0.0
    while taken < seconds / 4:
        batches *= 2
        taken = _seconds(iterator, tf.constant(batches))
    wanted = max(round(batches * seconds / taken), 4 * parallel_calls)
    return Stream((lambda: iter(dataset)) if restart else lambda: iterator, tf.constant(wanted), parallel_calls)


def _untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset without autotuning, so that it doesn't change while it is measured."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def map_stream(mixer: mixing.Mixer, size: int, seconds: float) -> Stream:
    """A mixer mapped over an endless repetition of one batch of uint8 images."""
    batch, chance = BATCHES[size], np.random.default_rng(0)
    element = {
        "images": tf.constant(chance.integers(0, 256, (batch, size, size, 3), dtype=np.uint8)),
        "labels": tf.constant(chance.integers(0, 10, batch, dtype=np.int32)),
    }
    if mixer.uses_attention:
        element["attention"] = tf.constant(chance.integers(0, 256, (batch, 7, 7), dtype=np.uint8))
    dataset = tf.data.Dataset.from_tensors(element).repeat().map(mixer, num_parallel_calls=2)
    return start(dataset, seconds, 2)


@dataclasses.dataclass(frozen=True)
class Training:
    """A model in training, and the number of its steps that fill a window."""

    model: keras.Model
    batches: Iterator
    steps: int

    def window(self) -> float:
        """Steps per second over one window."""
        begin = time.perf_counter()
        for _ in range(self.steps):
            self.model.train_on_batch(*next(self.batches))
        return self.steps / (time.perf_counter() - begin)


def noise_split() -> datasets.ArraySplit:
    """Forty full batches of noise, 32 × 32 pixels, with ten classes."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (40 * BATCH, 32, 32, 3), dtype=np.uint8)
    return datasets.ArraySplit(images, chance.integers(0, 10, len(images), dtype=np.int32))


def training_stream(
    split: datasets.Split,
    steps: int,
    *,
    mix: Any = None,
    attend: Callable[[tf.Tensor], tf.Tensor] | None = None,
    regularizer: cm.models.Regularizer | None = None,
) -> Training:
    """A CIFAR ResNet-20 in training on cropped and flipped batches, traced and warm; tapped if the mixer needs taps."""
    model = cm.models.build("resnet20", num_classes=10, input_shape=(32, 32, 3), regularizer=regularizer)
    if isinstance(mix, mixing.HiddenMixer):
        model = cm.TappedModel(model, mix.taps)
        mix = model.bind(mix)
    batches = pipeline.train_batches(split, PREPROCESSING, batch_size=BATCH, seed=0, mix=mix, attend=attend)
    model.compile(keras.optimizers.SGD(0.1, 0.9), cm.MixedCrossentropy())
    stream = Training(model, iter(_untuned(batches)), steps)
    dataclasses.replace(stream, steps=3).window()
    return stream


class Windows(Protocol):
    """Anything that can be timed in turns."""

    def window(self) -> float:
        """A rate, measured over one window."""
        ...


def rotate(streams: Mapping[str, Windows], rounds: int) -> dict[str, np.ndarray]:
    """Batches per second of every stream in every round; each round starts with the next stream."""
    names = list(streams)
    rates = {name: [] for name in names}
    for number in range(rounds):
        print(f" {number + 1}", end="", flush=True)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            rates[name].append(streams[name].window())
    print()
    return {name: np.array(values) for name, values in rates.items()}


def compared(streams: Mapping[str, Windows], base: str, batch: int, rounds: int) -> dict:
    """Images per second of all streams, and their ratios to the base within rounds; prints both."""
    rates = {name: batch * values for name, values in rotate(streams, rounds).items()}
    speeds = {name: summary(values) for name, values in rates.items()}
    ratios = {name: summary(values / rates[base]) for name, values in rates.items() if name != base}
    for name, speed in speeds.items():
        ratio = f"{ratios[name]['median']:.3f} × {base}" if name in ratios else ""
        print(f"{name:26} {speed['median']:>12,.0f} images/s   {ratio}")
    return {"images_per_second": speeds, "ratios": ratios}


def compared_in_map(mixers: Callable[[int], Mapping[str, mixing.Mixer]], settings: argparse.Namespace) -> list[dict]:
    """Compares the mixers for each image size in `Dataset.map` with "CutMix", which is one of them."""
    results = []
    for size, batch in BATCHES.items():
        print(f"\nmap, {size} px:", end="", flush=True)
        streams = {name: map_stream(mixer, size, settings.seconds) for name, mixer in mixers(size).items()}
        results.append({"size": size, "batch": batch, **compared(streams, "CutMix", batch, settings.rounds)})
    return results


def summary(values: np.ndarray) -> dict[str, float]:
    """The median and the quartiles, to four significant digits."""
    quartiles = np.percentile(values, [25, 50, 75])
    lower, median, upper = (float(f"{value:.4g}") for value in quartiles)
    return {"median": median, "lower_quartile": lower, "upper_quartile": upper}


def first_line(error: Exception) -> str:
    """The type of an error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def command_line(description: str | None) -> argparse.ArgumentParser:
    """The command line of a benchmark that times `Dataset.map` and training."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8, help="windows per candidate (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of a tf.data window (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=20, help="training steps per window (default: %(default)s)")
    parser.add_argument("--save", type=Path, metavar="PATH", help="a file for the record, as JSON")
    return parser


def environment(packages: Iterable[str]) -> dict:
    """What a benchmark ran on: command, commit, versions, processor, and how busy the machine was."""
    return {
        "command": shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]]),
        "commit": _commit(),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "cpu": _cpu_model(),
        "logical_cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def save_json(record: dict, path: Path) -> None:
    """Writes strict JSON, without NaN or infinity."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"Saved {path}")


@tf.function
def _drain(iterator: Iterator, batches: tf.Tensor) -> None:
    for _ in tf.range(batches):
        next(iterator)


def _seconds(iterator: Iterator, batches: tf.Tensor) -> float:
    begin = time.perf_counter()
    _drain(iterator, batches)
    return time.perf_counter() - begin


def _commit() -> str | None:
    """The short hash of the checkout's commit, marked if files have changed since."""
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
