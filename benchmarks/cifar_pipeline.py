"""The CIFAR pipeline, from arrays to normalized batches of 128: ours and the usual one, with and without CutMix.

All shuffle, crop with a padding of 4, flip and normalize. The usual one crops and flips example by example with
tf.image, in parallel calls, and mixes batches with keras.layers.CutMix, which needs one-hot labels; its buffer shuffles
10,000 examples. Ours shuffles all of them.
"""

import argparse
import os
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf
from _record import comparison, new_record, read_settings, save_record
from _timing import compared, start
from _training import BATCH, MEAN, STD, noise_split, preprocessing

import cutmix_tf as cm
from cutmix_tf import datasets, pipeline

FULL = {"rounds": 10, "seconds": 0.5, "images": 50_000}
QUICK = {"rounds": 1, "seconds": 0.02, "images": 1280}
CALLS = os.cpu_count() or 1  # without autotuning, a call for each core
PADDED = 32 + 2 * 4


def ours(split: datasets.ArraySplit, mix: cm.CutMix | None) -> tf.data.Dataset:
    """The training batches of this package."""
    return pipeline.train_batches(split, preprocessing(32), batch_size=BATCH, seed=0, mix=mix)


def usual(split: datasets.ArraySplit, mix: bool) -> tf.data.Dataset:
    """The pipeline as tutorials write it."""

    def augment(image, label):
        image = tf.image.resize_with_crop_or_pad(image, PADDED, PADDED)
        image = tf.image.random_flip_left_right(tf.image.random_crop(image, (32, 32, 3)))
        return image, tf.one_hot(label, 10)

    def normalize(images, labels):
        return (tf.cast(images, tf.float32) - MEAN) / STD, labels

    dataset = tf.data.Dataset.from_tensor_slices((split.images, split.labels)).shuffle(10_000).repeat()
    dataset = dataset.map(augment, num_parallel_calls=CALLS).batch(BATCH, drop_remainder=True)
    if mix:
        layer = keras.layers.CutMix()
        dataset = dataset.map(lambda images, labels: layer({"images": images, "labels": labels}), CALLS)
        dataset = dataset.map(lambda element: (element["images"], element["labels"]))
    return dataset.map(normalize, CALLS).prefetch(2)


def candidates(split: datasets.ArraySplit) -> Iterator[tuple[str, tf.data.Dataset]]:
    """All pipelines by name."""
    yield "cutmix_tf", ours(split, cm.CutMix())
    yield "cutmix_tf, no mixing", ours(split, None)
    yield "tf.image and keras.layers.CutMix", usual(split, mix=True)
    yield "tf.image, no mixing", usual(split, mix=False)


def measure(settings: argparse.Namespace) -> dict:
    """Images per second of all pipelines."""
    split = noise_split(count=settings.images)
    streams = {name: start(data, settings.seconds, CALLS, restart=True) for name, data in candidates(split)}
    bases = ("tf.image and keras.layers.CutMix", "cutmix_tf, no mixing")
    rows = compared(streams, bases, BATCH, settings.rounds)
    return comparison(f"{settings.images:,} images of 32 px to batches of {BATCH}", rows)


def check_shapes(split: datasets.ArraySplit) -> None:
    """All pipelines must deliver the same images, as far as shapes and dtypes go."""
    for name, dataset in candidates(split):
        images, _ = next(iter(dataset))
        if images.shape != (BATCH, 32, 32, 3) or images.dtype != tf.float32 or not np.isfinite(images).all():
            raise ValueError(f"{name} makes {images.dtype.name} batches of shape {images.shape}.")


def main() -> None:
    """Measures, prints and saves the record."""
    settings = read_settings(__doc__, FULL, QUICK)
    tf.config.set_visible_devices([], "GPU")  # input pipelines run on the CPU; Keras' layer would use a GPU
    check_shapes(noise_split(count=2 * BATCH))
    record = new_record(settings) | {"comparisons": [measure(settings)]}
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()
