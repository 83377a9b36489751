"""How time and memory of mixing grow with batch, side and number of classes.

CutMix and MixUp on uint8 images as they are called in `Dataset.map`, one call at a time.

- batch: from 16 to 4,096 images of 64 px; side: from 32 to 512 px in batches of 64.
- peak memory: the bytes of the input, and by how much resident memory rises at most during a call; compared with the
  bytes of input and output, which any mixing needs. Only where these are at least 8 MB.
- classes: pair targets of integer labels, and soft labels (`num_classes`), of 1,000 and of 21,841 classes: the map, and
  loss and gradient of the logits in a compiled step.
"""

import argparse
import ctypes
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from _record import comparison, new_record, read_settings, save_record, significant, summary
from _timing import compared, repeated, start_loop

import cutmix_tf as cm
from cutmix_tf import plotting

FULL = {"rounds": 9, "seconds": 0.3}
QUICK = {"rounds": 1, "seconds": 0.01}
BATCHES, SIDES, CLASSES = tuple(2**k for k in range(4, 13)), (32, 64, 128, 256, 512), (1000, 21_841)
MIXERS = {"CutMix": cm.CutMix(), "MixUp": cm.MixUp()}
NEEDED, PEAK = "input and output, MB", "peak memory ÷ input and output"
MEGABYTE, MEASURABLE = 1e6, 8e6
"""Bytes below which the memory of everything else would show."""
_MMAP_THRESHOLD = -3  # a number of malloc.h


def batch_of(batch: int, side: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Noise and labels."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (batch, side, side, 3), dtype=np.uint8)
    return tf.constant(images), tf.constant(chance.integers(0, 1000, batch, dtype=np.int32))


def add_peaks(tables: list[dict]) -> None:
    """Adds peak memory to the rows of large enough batches.

    Memory then comes from the system and goes back to it, which takes time: times must be measured before.
    """
    ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 1 << 20)
    for table in tables:
        for name, row in table["rows"].items():
            if row[NEEDED] * MEGABYTE >= MEASURABLE:
                peak = peak_bytes(MIXERS[name.partition(",")[0]], batch_of(row["batch"], row["side"]))
                row[PEAK] = significant(peak / (row[NEEDED] * MEGABYTE))
                print(f"{name:34} {PEAK} {row[PEAK]}")


def peak_bytes(mixer: cm.mixing.Mixer, element: tuple[tf.Tensor, tf.Tensor]) -> int:
    """The images' bytes, and by how much resident memory rises at most during a call.

    That is the highest of some calls whose results are kept, since the first ones may fit into what is still resident.
    """
    mix = tf.function(mixer)
    results, rises = [mix(*element)], []
    for _ in range(4):
        Path("/proc/self/clear_refs").write_text("5")  # resets the peak
        before = _resident("VmRSS")
        results.append(mix(*element))
        rises.append(_resident("VmHWM") - before)
    return max(rises) + _bytes(element[0])


def _bytes(tensor: tf.Tensor) -> int:
    return tensor.shape.num_elements() * tensor.dtype.size


def _resident(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return 1024 * int(line.split()[1])
    raise OSError(f"There is no {name} in /proc/self/status.")


def measure_size(name: str, batch: int, side: int, settings: argparse.Namespace) -> dict[str, Any]:
    """Time of a call, and the bytes of its input and output."""
    mix, element = tf.function(MIXERS[name]), batch_of(batch, side)
    mixed = mix(*element)
    needed = _bytes(element[0]) + _bytes(mixed[0])
    seconds = [_seconds(mix, element) for _ in range(settings.rounds)]
    row = {"batch": batch, "side": side, "ms": summary([1000 * value for value in seconds])}
    row["ns a pixel"] = significant(float(np.median(seconds)) * 1e9 / (batch * side * side))
    row[NEEDED] = significant(needed / MEGABYTE)
    return row


def _seconds(mix: Callable, element: tuple) -> float:
    begin = time.perf_counter()
    images, _ = mix(*element)
    float(tf.reduce_max(images[0, 0, 0]))  # until it is there
    return time.perf_counter() - begin


def measure_growth(sizes: Iterable[tuple[int, int]], title: str, settings: argparse.Namespace) -> dict:
    """A table of one kind of growth."""
    rows = {
        f"{name}, {batch} × {side} px": measure_size(name, batch, side, settings)
        for name in MIXERS
        for batch, side in sizes
    }
    return comparison(title, rows)


def measure_classes(classes: int, settings: argparse.Namespace) -> list[dict]:
    """The map and the step with pair targets and with soft labels."""
    images, labels = batch_of(256, 32)
    mixers = {"pair targets": cm.CutMix(), "soft labels": cm.CutMix(num_classes=classes)}
    streams = {name: repeated(mixer, (images, labels), settings.seconds) for name, mixer in mixers.items()}
    rows = compared(streams, ("soft labels",), 256, settings.rounds)
    logits = tf.random.stateless_normal([256, classes], (0, 0))
    losses = {"pair targets": cm.MixedCrossentropy(), "soft labels": keras.losses.CategoricalCrossentropy(True)}
    loops = {}
    for name, mixer in mixers.items():
        targets = mixer(images, labels)[1]
        rows[name]["bytes of targets"] = _bytes(targets)
        loops[name] = start_loop(_loss_step(losses[name], targets, logits), settings.seconds)
    steps = compared(loops, ("soft labels",), 256, settings.rounds)
    return [
        comparison(f"CutMix in Dataset.map: {classes:,} classes, batches of 256 at 32 px", rows),
        comparison(f"Loss and gradient: {classes:,} classes, batches of 256", steps),
    ]


def _loss_step(loss: keras.losses.Loss, targets: tf.Tensor, logits: tf.Tensor) -> Callable[[], float]:
    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(targets, logits)
        return value, tape.gradient(value, logits)

    return lambda: float(step()[0])


def draw(tables: list[dict], file: Path) -> None:
    """Time by batch and by side, both axes logarithmic, and peak memory by input and output."""
    figure = plotting.new_figure(9, 3, layout="constrained")
    axes = figure.subplots(1, 3)
    for name in MIXERS:
        look = {"label": name, "color": plotting.METHOD_COLORS[name]}
        of_both = [[row for key, row in table["rows"].items() if key.startswith(name)] for table in tables]
        for panel, rows, column in zip(axes, of_both, ("batch", "side"), strict=False):
            panel.loglog([row[column] for row in rows], [row["ms"]["median"] for row in rows], "o-", base=2, **look)
            panel.set(xlabel=column, ylabel="ms a call")
        measured = [row for rows in of_both for row in rows if PEAK in row]
        axes[2].semilogx([row[NEEDED] for row in measured], [row[PEAK] for row in measured], "o", base=2, **look)
    axes[2].axhline(1.1, color="gray", linewidth=1, linestyle=":")
    axes[2].set(xlabel=NEEDED, ylabel="peak memory ÷ both", ylim=(0, 1.3))
    axes[0].legend(frameon=False)
    figure.savefig(file, dpi=120)
    print(f"Saved {file}")


def main() -> None:
    """Measures, prints and saves the record and its figure."""
    settings = read_settings(__doc__, FULL, QUICK)
    tf.config.set_visible_devices([], "GPU")  # input pipelines run on the CPU
    batches, sides = (BATCHES[4::2], SIDES[1:4]) if settings.quick else (BATCHES, SIDES)
    record = new_record(settings)
    grown = [
        measure_growth([(batch, 64) for batch in batches], "By batch", settings),
        measure_growth([(64, side) for side in sides], "By side", settings),
    ]
    record["comparisons"] = grown + [table for count in CLASSES for table in measure_classes(count, settings)]
    add_peaks(grown)
    if settings.save:
        save_record(record, settings.save)
        draw(grown, settings.save / "growth.png")


if __name__ == "__main__":
    main()
