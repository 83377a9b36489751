"""What the methods of docs/methods cost: in `Dataset.map`, in training and in the input pipeline.

Three parts, each paired within one run as described in benchmarks/README.md:

- map: every mixer of images on batches of uint8 and float32, compared with a copy of the batch and with CutMix; all
  examples are mixed or erased. What memory allows is in the bytes: an image is read and one is written, of 1 byte a
  value or of 4, and a method that blends uint8 images reads 1 and writes 4.
- training: a CIFAR ResNet-20 on images of 32 pixels, cropped and flipped, in batches of 128; training steps with each
  regularizer and with feature mixing, compared with plain ones.
- pipeline: batches with crop, flip and CutMix, with each policy of AutoAugment compared with none.
"""

import argparse
import dataclasses
import os

import numpy as np
import tensorflow as tf
from _record import comparison, first_line, new_record, read_settings, save_record, significant
from _timing import Stream, compared, repeated, start
from _training import BATCH, noise_split, preprocessing, resnet20, training_stream

import cutmix_tf as cm
from cutmix_tf import datasets, mixing, models, pipeline

FULL = {"rounds": 8, "seconds": 0.4, "steps": 10}
QUICK = {"rounds": 1, "seconds": 0.01, "steps": 1}
BATCHES = {32: 256, 64: 256, 224: 64, 384: 32}
"""Examples in a batch of `Dataset.map`, by the height and width of the images in pixels."""
TAPS = (0, 1, 2)
TRAINING = {
    "plain": {},
    "WithDropBlock": {"regularizer": models.WithDropBlock(drop_rate=0.1, block_size=4, stage_factor=1)},
    "WithStochasticDepth": {"regularizer": models.WithStochasticDepth()},
    "WithShakeDrop": {"regularizer": models.WithShakeDrop()},
    "FeatureCutMix": {"mix": cm.FeatureCutMix(taps=TAPS)},
    "ManifoldMixUp": {"mix": cm.ManifoldMixUp(taps=TAPS)},
    "FeatureCutMix, tap 0": {"mix": cm.FeatureCutMix(taps=(0,))},
}


def pixel_mixers(size: int, dtype: str) -> dict[str, mixing.Mixer]:
    """Every mixer of images, with settings that suit them."""
    erasing = {"prob": 1.0, "value_range": None if dtype == "uint8" else (0, 255)}
    settings = {
        "Cutout": {"size": size // 2},
        "FixedSizeCutMix": {"size": size // 2},
        "HideAndSeek": {"sides": (0, size // 8, size // 4)},
        "OneOf": {"mixers": (cm.CutMix(), cm.MixUp())},
        "OneHotTarget": {"mixer": cm.CutMix()},
        "CompleteLabel": {"mixer": cm.CutMix()},
        "ObjectAware": {"mixer": cm.CutMix()},
        "RandomErasing": erasing,
    }
    kinds = {name: kind for name, kind in mixing.MIXERS.items() if issubclass(kind, mixing.Mixer)}
    mixers = {name: kind(**settings.get(name, {})) for name, kind in kinds.items()}
    return mixers | {"RandomErasing, colors": cm.RandomErasing(fill="color", **erasing)}


def copy_of(element: dict) -> dict:
    """One pass over the batch that reads and writes every byte of the images."""
    images = element["images"]
    return {**element, "images": tf.bitwise.invert(images) if images.dtype.is_integer else -images}


def fft(element: dict) -> dict:
    """What FMix can't do without, in floats: random amplitudes, and their transform; the images are passed through."""
    batch, height, width, _ = element["images"].shape
    parts = tf.random.normal([2, batch, height, width // 2 + 1])
    return {**element, "gray": tf.signal.irfft2d(tf.complex(parts[0], parts[1]), [height, width])}


def resize(element: dict) -> dict:
    """What ResizeMix can't do without: TensorFlow's own antialiased resize, of all images to half their sides."""
    images = element["images"]
    half = [side // 2 for side in images.shape[1:3]]
    return {**element, "small": tf.image.resize(images, half, antialias=True)}


def sums(element: dict) -> dict:
    """What SaliencyMix can't do without: the sums over all rectangles that begin at an image's first pixel."""
    gray = tf.reduce_sum(tf.cast(element["images"], tf.int32), axis=3)
    return {**element, "sums": tf.cumsum(tf.cumsum(gray, axis=1), axis=2)}


def roll(element: dict) -> dict:
    """What Mosaic can't do without: each image moved by another number of rows and columns."""
    images = element["images"]
    shifts = tf.random.uniform([images.shape[0], 2], 0, images.shape[1], tf.int32)
    spec = tf.TensorSpec(images.shape[1:], images.dtype)
    rolled = tf.map_fn(lambda pair: tf.roll(*pair, axis=[0, 1]), (images, shifts), fn_output_signature=spec)
    return {**element, "images": rolled}


COPIES = {"copy": tf.function(copy_of), "copy, compiled by XLA": tf.function(copy_of, jit_compile=True)}
"""The limit of all methods; in small batches, most of the second one's time is XLA's call itself."""
PARTS = {
    "Fourier transform of FMix": fft,
    "resize of ResizeMix": resize,
    "roll of Mosaic": roll,
    "sums of SaliencyMix": sums,
}
BESIDE = COPIES | {name: tf.function(part) for name, part in PARTS.items()}
"""What isn't mixing: the limit of all, and TensorFlow's own operations for the costliest part of four methods."""


def element_of(size: int, dtype: str, attention: bool) -> dict[str, tf.Tensor]:
    """A batch of noise with ten classes, and attention maps if they are needed."""
    batch, chance = BATCHES[size], np.random.default_rng(0)
    pixels = chance.integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    labels = chance.integers(0, 10, batch, dtype=np.int32)
    element = {"images": tf.constant(pixels.astype(dtype)), "labels": tf.constant(labels)}
    maps = {"attention": tf.constant(chance.integers(0, 256, (batch, 7, 7), dtype=np.uint8))}
    return element | maps if attention else element


def measure_map(size: int, dtype: str, settings: argparse.Namespace) -> dict:
    """All mixers at one size, and how many bytes they read and write for each image."""
    streams, failures, moved = {}, {}, {}
    for name, function in (BESIDE | pixel_mixers(size, dtype)).items():
        element = element_of(size, dtype, isinstance(function, mixing.Mixer) and function.uses_attention)
        try:
            streams[name] = repeated(function, element, settings.seconds)
            moved[name] = (element["images"].dtype.size + function(element)["images"].dtype.size) * size * size * 3
        except (ValueError, TypeError) as error:  # a method may refuse a dtype
            failures[name] = {"images/s": f"fails: {first_line(error)}"}
    rows = compared(streams, ("copy", "CutMix"), BATCHES[size], settings.rounds)
    for name, row in rows.items():
        if name in COPIES or name not in BESIDE:
            row["bytes an image"] = moved[name]
            row["GB/s"] = significant(moved[name] * row["images/s"]["median"] / 1e9)
    return comparison(f"In Dataset.map: {size} px, {dtype}, batches of {BATCHES[size]}", rows | failures)


def pipeline_stream(split: datasets.ArraySplit, policy: str, seconds: float) -> Stream:
    """Training batches with a policy of AutoAugment."""
    steps = dataclasses.replace(preprocessing(32), auto_augment=policy)
    batches = pipeline.train_batches(split, steps, batch_size=BATCH, seed=0, mix=cm.CutMix())
    return start(batches, seconds, os.cpu_count() or 1, restart=True)  # without autotuning, a call for each core


def measure_training(settings: argparse.Namespace) -> dict:
    """Images per second of training in each way, and their ratios to plain training."""
    split, streams = noise_split(), {}
    for name, way in TRAINING.items():
        regularizer = way.get("regularizer")
        build = lambda regularizer=regularizer: resnet20(regularizer)  # noqa: E731
        streams[name] = training_stream(split, settings.steps, build=build, mix=way.get("mix"))
    rows = compared(streams, ("plain",), BATCH, settings.rounds)
    return comparison("Training a ResNet-20 at 32 px, in batches of 128", rows)


def measure_pipeline(settings: argparse.Namespace) -> dict:
    """Images per second of training batches with each policy, and their ratios to none."""
    split = noise_split()
    streams = {policy: pipeline_stream(split, policy, settings.seconds) for policy in ("none", "cifar10", "imagenet")}
    rows = compared(streams, ("none",), BATCH, settings.rounds)
    return comparison("AutoAugment: batches of 128 with crop, flip and CutMix at 32 px", rows)


def main() -> None:
    """Measures the three parts, prints them and saves the record."""
    settings = read_settings(__doc__, FULL, QUICK)
    record = new_record(settings)
    kinds = [(size, dtype) for size in BATCHES for dtype in ("uint8", "float32")]
    record["comparisons"] = [measure_map(*kind, settings) for kind in (kinds[:1] if settings.quick else kinds)]
    record["comparisons"] += [measure_training(settings), measure_pipeline(settings)]
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()
