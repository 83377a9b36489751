"""What trainings of all tasks have in common: the run's folder, the epochs, scores, checkpoints and the summary."""

import abc
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import keras
import tensorflow as tf

from cutmix_tf.runs import (
    Checkpoints,
    Progress,
    Row,
    RunFolder,
    measured_with,
    save_model,
    trainable_parameters,
    write_json,
)
from cutmix_tf.transfer._backbone import backbone_digest, load_backbone
from cutmix_tf.transfer._config import TransferConfig

LOG = logging.getLogger("cutmix_tf")


class Task(abc.ABC):
    """A task's model and data, as a training needs them.

    Attributes:
      name: Of the task.
      losses: Which of Keras' logs an epoch's row holds.
      compiling: What the model is compiled with besides the optimizer.
      model: The Keras model to train.
      train_count: Number of training images.
      facts: What the summary says of the data.
    """

    name: ClassVar[str]
    losses: ClassVar[tuple[str, ...]]
    compiling: dict[str, Any]
    model: Any
    train_count: int
    facts: dict[str, Any]

    @abc.abstractmethod
    def train_batches(self, epoch: int) -> tf.data.Dataset:
        """The batches of an epoch, counted from 0."""

    @abc.abstractmethod
    def scores(self) -> Row:
        """How good the model is now; the names begin with the split, as in test_bleu4."""

    @abc.abstractmethod
    def keep(self, folder: Path, history: list[Row]) -> None:
        """Writes what the run's folder holds at the end besides the model and the summary."""


def train_task(
    config: TransferConfig,
    make_task: Callable[[keras.Model, Any], Task],
    load_data: Callable[[], Any],
    *,
    backbone: keras.Model | None,
    run_eagerly: bool,
    verbose: int,
) -> dict[str, Any]:
    """Trains as the config says and fills the run's folder; continues after the last whole epoch.

    Args:
      config: The run's settings.
      make_task: Makes the task of backbone and data; its weights are drawn then.
      load_data: Loads what `make_task` gets; it has `fingerprints`.
      backbone: The model to use instead of the one that the config names.
      run_eagerly: Whether Keras trains without compiling.
      verbose: As for Keras' `fit`.

    Returns:
      The summary; without training, if the run has finished before.

    Raises:
      FileExistsError, FileNotFoundError, ImportError, ValueError: as `train_detector`.
    """
    keras.utils.set_random_seed(config.seed)
    data = load_data()
    digest = {} if backbone is not None else {"backbone": backbone_digest(config.backbone)}
    if backbone is None:
        backbone = load_backbone(config.backbone, config.image_size, stem=config.stem)
    task = make_task(backbone, data)
    folder = RunFolder(config)  # only now, so that a config that doesn't fit leaves no folder behind
    with folder.locked():
        if summary := folder.read_summary():
            return summary
        folder.keep_data({**data.fingerprints, **digest})
        try:
            return _Training(config, task, folder).run(run_eagerly=run_eagerly, verbose=verbose)
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(f"{config.dataset} can't be read: {error.message.strip()}") from error


class _Training:
    """One training of a task in a run's folder."""

    def __init__(self, config: TransferConfig, task: Task, folder: RunFolder):
        self.config, self.task, self.model, self.folder = config, task, task.model, folder
        self.steps = math.ceil(task.train_count / config.batch_size)
        self.checkpoints = Checkpoints(folder.home.checkpoints)

    def run(self, *, run_eagerly: bool, verbose: int) -> dict[str, Any]:
        """Trains to the end and writes everything; returns the summary."""
        config, began = self.config, time.perf_counter()
        optimizer = _optimizer(config, self.steps)
        self.model.compile(optimizer=optimizer, run_eagerly=run_eagerly, jit_compile=False, **self.task.compiling)
        self.model.optimizer.build(self.model.trainable_variables)
        progress = self.checkpoints.load(self.model)
        recorder = keras.callbacks.LambdaCallback(on_epoch_end=self._recorder(progress))
        for epoch in range(len(progress.history), config.epochs):
            self.model.fit(
                self.task.train_batches(epoch),
                epochs=epoch + 1,
                initial_epoch=epoch,
                callbacks=[recorder],
                shuffle=False,
                verbose=verbose,
            )
        return self._finish(progress, time.perf_counter() - began)

    def _recorder(self, progress: Progress) -> Callable[[int, dict[str, float]], None]:
        """What happens after each epoch: it is scored if that is due, recorded, logged and saved."""

        def record(epoch: int, logs: dict[str, float]) -> None:
            number, every = epoch + 1, self.config.evaluate_every
            row = {"epoch": number, **{f"train_{name}": float(logs[name]) for name in self.task.losses}}
            row["learning_rate"] = float(self.model.optimizer.learning_rate)
            if number == self.config.epochs or (every is not None and number % every == 0):
                row |= self.task.scores()
            progress.history.append(row)
            progress.step = number * self.steps
            shown = [f"{name} {value:.4g}" for name, value in row.items() if name != "epoch"]
            LOG.info("%s", "  ".join([f"epoch {number}/{self.config.epochs}", *shown]))
            self.folder.write_history(progress.history)
            self.checkpoints.save(self.model, progress)

        return record

    def _finish(self, progress: Progress, seconds: float) -> dict[str, Any]:
        """Saves the model and whatever else the task keeps, and writes the summary."""
        save_model(self.model, self.folder.files.final_model)
        self.task.keep(self.folder.home.folder, progress.history)
        last = progress.history[-1]
        scores = {name: value for name, value in last.items() if name.startswith(("test_", "held_out_"))}
        summary = {
            "task": self.task.name,
            **{name: getattr(self.config, name) for name in ("dataset", "backbone", "seed", "epochs")},
            **{name.removeprefix("test_"): round(value, 4) for name, value in scores.items()},
            "train_loss_last": round(last["train_loss"], 6),
            "train_images": self.task.train_count,
            **self.task.facts,
            "params": trainable_parameters(self.model),
            "seconds": round(seconds, 1),
            "measured_with": measured_with(),
        }
        write_json(self.folder.files.summary, summary)
        return summary


def _optimizer(config: TransferConfig, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    warmup = round(config.warmup_epochs * steps_per_epoch)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else config.learning_rate,
        max(config.epochs * steps_per_epoch - warmup, 1),
        warmup_target=config.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    if config.optimizer == "adam":
        return keras.optimizers.Adam(rate, global_clipnorm=config.clip_norm)
    return keras.optimizers.SGD(rate, momentum=0.9, global_clipnorm=config.clip_norm)
