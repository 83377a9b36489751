"""What mixing adds to a training step, and what `fit` adds to a bare loop.

- steps: training with each method, compared with plain training, step by step. Batches are made by the same processor
  at the same time, as they are in a real run: what they cost counts. Tap 0 mixes the images inside the model.
- loops: the same model and CutMix batches with `fit`, with `train_on_batch`, and with a bare tf.function. The pipeline
  that `fit` starts with each call, and its first steps, are not measured, as they are not repeated within an epoch;
  `benchmarks/startup.py` measures them.

A ResNet-20 at 32 px in batches of 128, and a ResNet-50 at 64 px in batches of 32, with its ImageNet stem. A round has a
window of each method; each ratio is the median over all rounds.
"""

import argparse
import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from _record import comparison, new_record, read_settings, save_record
from _timing import Windows, compared, untuned
from _training import noise_split, preprocessing, resnet20, training_stream

import cutmix_tf as cm
from cutmix_tf import pipeline

FULL = {"rounds": 12, "steps": 8}
QUICK = {"rounds": 1, "steps": 1}


def resnet50() -> keras.Model:
    """A ResNet-50 for 64 px that begins as it does for ImageNet."""
    return cm.models.build("resnet50", num_classes=10, input_shape=(64, 64, 3), stem="imagenet")


@dataclasses.dataclass(frozen=True)
class Case:
    """A model, the size of its images, and its batches."""

    title: str
    build: Callable[[], keras.Model]
    size: int
    batch: int


CASES = (Case("ResNet-20 at 32 px", resnet20, 32, 128), Case("ResNet-50 at 64 px", resnet50, 64, 32))
METHODS = {
    "plain": None,
    "CutMix": cm.CutMix(),
    "MixUp": cm.MixUp(),
    "AttentiveCutMix, cached": cm.AttentiveCutMix(),
    "FeatureCutMix, tap 0": cm.FeatureCutMix(taps=(0,)),
    "FeatureCutMix, taps 0 to 3": cm.FeatureCutMix(),
}


def measure_steps(case: Case, settings: argparse.Namespace) -> dict:
    """Images per second with each method, and their ratios to plain training."""
    split = noise_split(case.size, 20 * case.batch)
    maps = np.random.default_rng(0).integers(0, 256, (len(split), 7, 7), dtype=np.uint8)
    make = functools.partial(training_stream, steps=settings.steps, build=case.build, batch=case.batch)
    streams = {}
    for name, mix in METHODS.items():
        streams[name] = make(split.with_attention(maps) if isinstance(mix, cm.AttentiveCutMix) else split, mix=mix)
    rows = compared(streams, ("plain",), case.batch, settings.rounds)
    return comparison(f"Steps: {case.title}, batches of {case.batch}", rows)


@dataclasses.dataclass(frozen=True)
class Steps:
    """A function that takes some training steps, and their number in a window."""

    run: Callable[[], Any]
    steps: int

    def window(self) -> float:
        """Steps per second over one window."""
        begin = time.perf_counter()
        self.run()
        return self.steps / (time.perf_counter() - begin)


def compiled(case: Case) -> keras.Model:
    """The model with its loss and optimizer."""
    model = case.build()
    model.compile(keras.optimizers.SGD(0.1, 0.9), cm.MixedCrossentropy())
    return model


@dataclasses.dataclass(frozen=True)
class Fit:
    """A call of `fit` for each window."""

    model: keras.Model
    batches: tf.data.Dataset
    steps: int

    def window(self) -> float:
        """Steps per second from the end of the second step on."""
        times = []
        clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: times.append(time.perf_counter()))
        steps = {"steps_per_epoch": self.steps + 2, "shuffle": False}
        self.model.fit(self.batches, **steps, callbacks=[clock], verbose=0)
        return self.steps / (times[-1] - times[1])


def with_fit(case: Case, batches: tf.data.Dataset, steps: int) -> Windows:
    """Training with `fit`."""
    return Fit(compiled(case), batches, steps)


def with_train_on_batch(case: Case, batches: tf.data.Dataset, steps: int) -> Windows:
    """Calls of `train_on_batch`, each of which returns the loss."""
    model, iterator = compiled(case), iter(batches)
    return Steps(lambda: [model.train_on_batch(*next(iterator)) for _ in range(steps)], steps)


def with_bare_loop(case: Case, batches: tf.data.Dataset, steps: int) -> Windows:
    """Calls of a tf.function that computes gradients and applies them; no metrics, no callbacks."""
    model, loss, iterator = case.build(), cm.MixedCrossentropy(), iter(batches)
    optimizer = keras.optimizers.SGD(0.1, 0.9)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def step(images, targets):
        with tf.GradientTape() as tape:
            value = loss(targets, model(images, training=True))
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)
        return value

    return Steps(lambda: float([step(*next(iterator)) for _ in range(steps)][-1]), steps)


LOOPS = {"bare tf.function": with_bare_loop, "fit": with_fit, "train_on_batch": with_train_on_batch}


def measure_loops(case: Case, settings: argparse.Namespace) -> dict:
    """Images per second of each loop, and their ratios to the bare one."""
    split, steps = noise_split(case.size, 20 * case.batch), settings.steps
    batches = pipeline.train_batches(split, preprocessing(case.size), batch_size=case.batch, seed=0, mix=cm.CutMix())
    batches = untuned(batches)
    loops = {name: make(case, batches, steps) for name, make in LOOPS.items()}
    for loop in loops.values():
        loop.window()  # traces
    rows = compared(loops, ("bare tf.function",), case.batch, settings.rounds)
    return comparison(f"Loops: {case.title}, batches of {case.batch}", rows)


def main() -> None:
    """Measures both models, prints and saves the record."""
    settings = read_settings(__doc__, FULL, QUICK)
    record = new_record(settings) | {"comparisons": []}
    for measure in (measure_steps, measure_loops):
        for case in CASES:
            record["comparisons"].append(measure(case, settings))
            keras.backend.clear_session()
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()
