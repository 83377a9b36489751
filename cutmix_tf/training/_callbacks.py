"""What is measured, saved and watched while a run trains."""

import contextlib
import logging
import math
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import keras
import numpy as np

from cutmix_tf.runs import Checkpoints, Progress, RunFolder, is_best, row_of, save_model

LOG = logging.getLogger("cutmix_tf")

STOPPED = 75
"""The exit code of a run that was stopped and has saved everything: EX_TEMPFAIL, "try again"."""
_CONTINUE, _SAVE, _STOP = range(3)


class Terminated(SystemExit):
    """SIGTERM has stopped a run, and everything is saved; exits with `STOPPED` if nobody catches it."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C has stopped a run, and everything is saved."""


class EpochRecorder(keras.callbacks.Callback):
    """Adds a row to the history after each epoch, and saves it, a checkpoint, and the model if it is the best so far.

    The training rate in images per second, evaluation left out, goes into `progress.rates`: a row says what the run
    is, and nothing about the machine.

    Args:
      folder: Where to write.
      checkpoints: The run's.
      progress: Of the run so far; continued here.
      model_to_save: What is saved as the best model; shares its weights with the trained one.
      images_per_epoch: Training images in an epoch.
      steps_per_epoch: Training steps in an epoch.
      split: What the model is evaluated on: "test" or "validation".
      weights_to_save: A context in which the model has the weights that it was evaluated with.
    """

    def __init__(
        self,
        folder: RunFolder,
        checkpoints: Checkpoints,
        progress: Progress,
        *,
        model_to_save: keras.Model,
        images_per_epoch: int,
        steps_per_epoch: int,
        split: str,
        weights_to_save: Callable[[], AbstractContextManager] = contextlib.nullcontext,
    ):
        super().__init__()
        self.weights_to_save = weights_to_save
        self.folder, self.checkpoints, self.progress = folder, checkpoints, progress
        self.model_to_save, self.split = model_to_save, split
        self.images_per_epoch, self.steps_per_epoch = images_per_epoch, steps_per_epoch

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._began, self._first_step, self._trained = time.perf_counter(), self.progress.step, None

    def on_test_begin(self, logs=None):
        """Stops the clock: training is over, evaluation begins."""
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Adds the epoch's row and saves."""
        progress, seconds = self.progress, (self._trained or time.perf_counter()) - self._began
        learning_rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        progress.history.append(row_of(epoch + 1, logs or {}, self.split, learning_rate))
        share = (progress.step - self._first_step) / self.steps_per_epoch
        progress.rates.append(share * self.images_per_epoch / seconds)
        progress.step, progress.metrics = (epoch + 1) * self.steps_per_epoch, []
        if is_best(progress.history, self.split):
            with self.weights_to_save():
                save_model(self.model_to_save, self.folder.files.best_model)
        self.checkpoints.save(self.model, progress)
        self.folder.write_history(progress.history)


class Frequency(NamedTuple):
    """How often a checkpoint is written inside an epoch: by time, and by steps."""

    minutes: float
    steps: int | None


class StepWatcher(keras.callbacks.Callback):
    """Counts steps, writes checkpoints inside epochs, stops cleanly at SIGTERM and Ctrl-C, and stops at a NaN loss.

    Args:
      checkpoints: The run's.
      progress: Of the run so far; continued here.
      steps_per_epoch: Training steps in an epoch.
      frequency: Of checkpoints inside an epoch.
      run: The run's folder, for messages.
      maximum: Of the values of all workers, so that all save and stop at the same step.

    Raises:
      Terminated: after SIGTERM, when everything is saved.
      Interrupted: after Ctrl-C, when everything is saved. A second Ctrl-C interrupts at once, without saving.
      FloatingPointError: if the loss is NaN; names the step, and how to look at its batch.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        progress: Progress,
        *,
        steps_per_epoch: int,
        frequency: Frequency,
        run: str,
        maximum: Callable[[int], int],
    ):
        super().__init__()
        self.checkpoints, self.progress, self.steps_per_epoch = checkpoints, progress, steps_per_epoch
        self.frequency, self.run, self.maximum = frequency, run, maximum
        self.signal: int | None = None
        self._handlers: dict[int, object] = {}

    def on_train_begin(self, logs=None):
        """Listens to SIGTERM and Ctrl-C, and starts the clock."""
        self._saved = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._handlers[number] = signal.signal(number, self._receive)
            except ValueError:  # only the main thread may listen
                return

    def on_train_end(self, logs=None):
        """Gives the signals back to their former handlers."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        self._handlers = {}

    def _receive(self, number, frame):
        if self.signal == number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number

    def on_epoch_begin(self, epoch, logs=None):
        """Restores the running sums of an epoch that was broken off; Keras has just reset them."""
        if self.progress.metrics:
            for variable, value in zip(self.model.metrics_variables, self.progress.metrics, strict=True):
                variable.assign(value)
            self.progress.metrics = []

    def on_train_batch_end(self, batch, logs=None):
        """Counts, and saves or stops if it is time. The end of an epoch saves anyway."""
        self.progress.step += 1
        self._check_loss(float((logs or {}).get("loss", 0.0)))
        wish = self.maximum(self._wish())
        if wish == _CONTINUE or self.progress.step % self.steps_per_epoch == 0:
            return
        self._save()
        if wish == _STOP:
            LOG.warning("Stopped and saved at step %d.", self.progress.step)
            self.on_train_end()
            raise Interrupted if self.signal == signal.SIGINT else Terminated(STOPPED)

    def _wish(self) -> int:
        """What this worker would do now."""
        if self.signal is not None:
            return _STOP
        minutes, steps = self.frequency
        late = time.monotonic() - self._saved >= 60 * minutes
        return _SAVE if late or (steps is not None and self.progress.step % steps == 0) else _CONTINUE

    def _check_loss(self, loss: float) -> None:
        step = self.progress.step - 1
        if math.isnan(loss):
            raise FloatingPointError(
                f"The loss is NaN at step {step} (counted from 0). To look at its batch, run: "
                f"cutmix-tf replay {self.run} --step {step}"
            )

    def _save(self):
        self.progress.metrics = [np.array(variable) for variable in self.model.metrics_variables]
        self.checkpoints.save(self.model, self.progress)
        self.progress.metrics, self._saved = [], time.monotonic()
