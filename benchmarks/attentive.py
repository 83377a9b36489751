"""What Attentive CutMix costs compared with CutMix: in `Dataset.map`, in training with cached and live maps, to cache.

Three parts, each paired within one run as described in benchmarks/README.md:

- map: images per second of both mixers on uint8 batches, given the maps;
- training: a CIFAR ResNet-20 on images of 32 pixels, cropped and flipped, in batches of 128; training steps with
  CutMix, with cached maps, and with a live teacher, MobileNetV2 at 224 pixels (its weights don't matter for speed);
- cache: the teacher's images per second, and the size of 50,000 maps.
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _record import comparison, new_record, read_settings, save_record
from _timing import compared, repeated
from _training import BATCH, noise_split, training_stream

import cutmix_tf as cm
from cutmix_tf import datasets
from cutmix_tf.attention import Teacher, cached_maps

FULL = {"rounds": 8, "seconds": 0.4, "steps": 20, "images": 1024}
QUICK = {"rounds": 1, "seconds": 0.01, "steps": 1, "images": 128}
BATCHES = {32: 256, 224: 64}
"""Examples in a batch of `Dataset.map`, by the height and width of the images in pixels."""


def measure_map(size: int, settings: argparse.Namespace) -> dict:
    """Images per second of both mixers on uint8 batches."""
    batch, chance = BATCHES[size], np.random.default_rng(0)
    images = tf.constant(chance.integers(0, 256, (batch, size, size, 3), dtype=np.uint8))
    element = {"images": images, "labels": tf.constant(chance.integers(0, 10, batch, dtype=np.int32))}
    maps = {"attention": tf.constant(chance.integers(0, 256, (batch, 7, 7), dtype=np.uint8))}
    streams = {
        "CutMix": repeated(cm.CutMix(), element, settings.seconds),
        "AttentiveCutMix": repeated(cm.AttentiveCutMix(), element | maps, settings.seconds),
    }
    rows = compared(streams, ("CutMix",), batch, settings.rounds)
    return comparison(f"In Dataset.map: {size} px, uint8, batches of {batch}", rows)


def measure_training(teacher: Teacher, settings: argparse.Namespace) -> dict:
    """Images per second of training with each way to mix, and their ratios to CutMix."""
    split = noise_split()
    maps = np.random.default_rng(0).integers(0, 256, (len(split), 7, 7), dtype=np.uint8)
    cached = training_stream(split.with_attention(maps), settings.steps, mix=cm.AttentiveCutMix())
    streams = {"CutMix": training_stream(split, settings.steps, mix=cm.CutMix()), "AttentiveCutMix, cached": cached}
    rows = compared(streams, ("CutMix",), BATCH, settings.rounds)
    live = training_stream(split, min(settings.steps, 4), mix=cm.AttentiveCutMix(), attend=teacher.attend)
    few = {"CutMix": streams["CutMix"], "AttentiveCutMix, live": live}
    rows["AttentiveCutMix, live"] = compared(few, ("CutMix",), BATCH, min(settings.rounds, 3))["AttentiveCutMix, live"]
    return comparison(f"Training a ResNet-20 at 32 px, in batches of {BATCH}", rows)


def measure_cache(teacher: Teacher, count: int) -> dict:
    """Images per second of building a cache, and the bytes of 50,000 maps, extrapolated from its size."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    split = datasets.ArraySplit(images, np.zeros(count, np.int32))
    teacher.maps(images[:BATCH])
    teacher.fingerprint  # noqa: B018 - computed beforehand
    with tempfile.TemporaryDirectory() as folder:
        path, begin = Path(folder) / "maps.npz", time.perf_counter()
        cached_maps(path, split, teacher)
        seconds, size = time.perf_counter() - begin, path.stat().st_size
    row = {"images/s": round(count / seconds, 1), "bytes of 50,000 maps": size + (50_000 - count) * 49}
    return comparison("Building the cache with MobileNetV2 at 224 px", {"teacher": row})


def main() -> None:
    """Measures the three parts, prints them and saves the record."""
    settings = read_settings(__doc__, FULL, QUICK)
    teacher = Teacher(keras.applications.MobileNetV2(weights=None))
    record = new_record(settings)
    record["comparisons"] = [measure_map(size, settings) for size in BATCHES]
    record["comparisons"] += [measure_training(teacher, settings), measure_cache(teacher, settings.images)]
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()
