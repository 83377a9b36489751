"""What is measured, saved and watched while a run is trained."""

import math
import shlex
import signal
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np

from cutmix_tf.runs._checkpoints import Checkpoints, Progress
from cutmix_tf.runs._run_folder import RunFolder

STOPPED = 75
"""The exit code of a run that was told to stop and has saved all: EX_TEMPFAIL, "try again"."""
_GO_ON, _SAVE, _STOP = range(3)


class RunRecorder(keras.callbacks.Callback):
    """Keeps the run's history and writes it, the checkpoint and the best network after each epoch.

    A row holds the epoch, the losses, the errors in percent and the learning rate at the epoch's end: what the run
    is, and nothing of the machine. Training images a second, evaluation left out, go into `progress.rates`.

    Args:
      folder: Where to write.
      checkpoints: The run's.
      progress: Of the run so far; goes on here.
      steps_per_epoch: Of the training.
      images_per_epoch: For the rate.
      judged_on: The split that is evaluated during training: "test" or "validation".
    """

    def __init__(
        self,
        folder: RunFolder,
        checkpoints: Checkpoints,
        progress: Progress,
        steps_per_epoch: int,
        images_per_epoch: int,
        judged_on: str = "test",
    ):
        super().__init__()
        self.judged_on = judged_on
        self.folder, self.checkpoints, self.progress = folder, checkpoints, progress
        self.steps_per_epoch, self.images_per_epoch = steps_per_epoch, images_per_epoch

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._began, self._first, self._trained = time.perf_counter(), self.progress.step, None

    def on_test_begin(self, logs=None):
        """Stops the clock: training is over, evaluation begins."""
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Adds the epoch's row and saves."""
        progress = self.progress
        row = {"epoch": epoch + 1, **errors_of(logs or {}, self.judged_on)}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        column = f"{self.judged_on}_top1_error"
        best_before = min((past[column] for past in progress.history if column in past), default=float("inf"))
        done = (progress.step - self._first) / self.steps_per_epoch * self.images_per_epoch
        progress.history.append(row)
        progress.rates.append(done / ((self._trained or time.perf_counter()) - self._began))
        progress.step, progress.metrics = (epoch + 1) * self.steps_per_epoch, []
        if row.get(column, float("inf")) < best_before:
            self.folder.save_model(self.model, "best.keras")
        self.checkpoints.save(self.model, progress)
        self.folder.write_history(progress.history)


class Often(NamedTuple):
    """How often a checkpoint is written inside an epoch: by time, and after so many steps."""

    minutes: float
    steps: int | None


class StepWatcher(keras.callbacks.Callback):
    """Counts steps; saves every so many minutes and when the process is told to end; stops where the loss is NaN.

    Args:
      checkpoints: The run's.
      progress: Of the run so far; goes on here.
      steps_per_epoch: Of the training.
      often: Between two checkpoints inside an epoch.
      run_dir: For the message of a NaN.
      highest: Of the values of all workers, so that they save and stop at the same step.

    Raises:
      SystemExit: with `STOPPED`, after SIGTERM, when all is saved.
      FloatingPointError: if the loss is NaN; says the step, and how to see its batch again.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        progress: Progress,
        steps_per_epoch: int,
        often: Often,
        run_dir: str,
        highest: Callable[[int], int],
    ):
        super().__init__()
        self.checkpoints, self.progress, self.steps_per_epoch = checkpoints, progress, steps_per_epoch
        self.often, self.run_dir, self.highest, self.told_to_end = often, run_dir, highest, False

    def on_train_begin(self, logs=None):
        """Listens to SIGTERM, and starts the clock."""
        self._saved = time.monotonic()
        try:
            self._before = signal.signal(signal.SIGTERM, self._end)
        except ValueError:  # not the main thread, which alone may listen
            self._before = None

    def on_train_end(self, logs=None):
        """Leaves SIGTERM to whoever listened before."""
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    def _end(self, number, frame):
        self.told_to_end = True

    def on_epoch_begin(self, epoch, logs=None):
        """Takes up the running sums of an epoch that was broken off; Keras has just set them to 0."""
        if self.progress.metrics:
            for variable, value in zip(self.model.metrics_variables, self.progress.metrics, strict=True):
                variable.assign(value)
            self.progress.metrics = []

    def on_train_batch_end(self, batch, logs=None):
        """Counts, and saves or stops if need be. The end of an epoch saves by itself."""
        self.progress.step += 1
        if math.isnan(float((logs or {}).get("loss", 0.0))):
            raise FloatingPointError(
                f"The loss is NaN at step {self.progress.step - 1} (counted from 0). Its batch can be made again: "
                f"python -m cutmix_tf.cli._replay {self.run_dir} --step {self.progress.step - 1}"
            )
        steps, late = self.often.steps, time.monotonic() - self._saved >= 60 * self.often.minutes
        due = late or (steps is not None and self.progress.step % steps == 0)
        wish = self.highest(_STOP if self.told_to_end else _SAVE if due else _GO_ON)
        if wish == _GO_ON or self.progress.step % self.steps_per_epoch == 0:
            return
        self._save()
        if wish == _STOP:
            print(
                f"Stopped and saved at step {self.progress.step}. To go on: {shlex.join([sys.executable, *sys.argv])}"
            )
            raise SystemExit(STOPPED)

    def _save(self):
        self.progress.metrics = [np.array(variable) for variable in self.model.metrics_variables]
        self.checkpoints.save(self.model, self.progress)
        self.progress.metrics, self._saved = [], time.monotonic()


def errors_of(logs: dict[str, float], judged_on: str = "test") -> dict[str, float]:
    """Keras' logs as losses and errors in percent, under the names of history.csv."""
    train = {"train_loss": float(logs["loss"]), "train_top1_error": 100 * (1 - float(logs["accuracy"]))}
    if "val_loss" not in logs:
        return train
    return train | {
        f"{judged_on}_loss": float(logs["val_loss"]),
        f"{judged_on}_top1_error": 100 * (1 - float(logs["val_accuracy"])),
        f"{judged_on}_top5_error": 100 * (1 - float(logs["val_top5"])),
    }
