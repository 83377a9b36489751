"""Models in training as the benchmarks measure them: on noise, cropped and flipped, step by step."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from _timing import untuned

import cutmix_tf as cm
from cutmix_tf import datasets, mixing, pipeline

BATCH = 128
"""Examples in a training batch of 32 × 32 pixels."""
MEAN, STD = (125.0, 125.0, 125.0), (64.0, 64.0, 64.0)


def preprocessing(size: int) -> pipeline.Preprocessing:
    """Crop, flip and normalization of square images of that size."""
    return pipeline.Preprocessing((size, size), MEAN, STD, augment="crop_flip")


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


def noise_split(size: int = 32, count: int = 40 * BATCH) -> datasets.ArraySplit:
    """Noise of that size with ten classes."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return datasets.ArraySplit(images, chance.integers(0, 10, count, dtype=np.int32))


def resnet20(regularizer: cm.models.Regularizer | None = None) -> keras.Model:
    """A CIFAR ResNet-20 for ten classes."""
    return cm.models.build("resnet20", num_classes=10, input_shape=(32, 32, 3), regularizer=regularizer)


def training_stream(
    split: datasets.Split,
    steps: int,
    *,
    build: Callable[[], keras.Model] = resnet20,
    batch: int = BATCH,
    mix: Any = None,
    attend: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> Training:
    """A model in training on cropped and flipped batches, traced and warm; tapped if the mixer needs taps."""
    model = build()
    if isinstance(mix, mixing.HiddenMixer):
        model = cm.TappedModel(model, mix.taps)
        mix = model.bind(mix)
    size = model.base.input_shape[1] if isinstance(model, cm.TappedModel) else model.input_shape[1]
    batches = pipeline.train_batches(split, preprocessing(size), batch_size=batch, seed=0, mix=mix, attend=attend)
    model.compile(keras.optimizers.SGD(0.1, 0.9), cm.MixedCrossentropy())
    stream = Training(model, iter(untuned(batches)), steps)
    dataclasses.replace(stream, steps=2).window()
    return stream
