"""The progress of a training: a line for each epoch and, on a terminal, a bar within it."""

import contextlib
import logging
import shutil
import sys
import time
from collections.abc import Iterator

import keras

from cutmix_tf.training import TrainConfig

try:
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm
except ImportError as error:
    raise ImportError("The command line needs tqdm. Run pip install 'cutmix_tf[train]'.") from error


class TrainingDisplay(keras.callbacks.Callback):
    """Prints a line after each epoch: losses, errors, learning rate, images per second and the time that is left.

    On a terminal, a bar shows the same within the epoch.

    Args:
      config: Of the training.
      epochs: Of the whole training; a call of `fit` may be for one epoch only.
    """

    def __init__(self, config: TrainConfig, epochs: int):
        super().__init__()
        self.epochs = epochs
        self.batch_size, self.split = config.batch_size, config.judged_on
        self._bar, self._times = None, []

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Lines that are logged meanwhile appear above the bar; it is gone at the end."""
        with logging_redirect_tqdm([logging.getLogger("cutmix_tf")], tqdm_class=tqdm):
            try:
                yield
            finally:
                self._close()

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the bar and the clock."""
        self._steps, self._began, self._trained = 0, time.perf_counter(), None
        self._bar = tqdm(
            total=self.params["steps"],
            desc=f"epoch {epoch + 1}/{self.epochs}",
            unit=" images",
            unit_scale=self.batch_size,
            file=sys.stdout,
            disable=None,  # unless it is a terminal
            ncols=shutil.get_terminal_size().columns - 1,
            leave=False,
        )

    def on_train_batch_end(self, batch, logs=None):
        """Moves the bar."""
        self._steps += 1
        if self._bar is not None and self._bar.update():  # which was drawn, ten times a second at most
            loss = (logs or {}).get("loss", float("nan"))
            self._bar.set_postfix_str(f"loss {float(loss):.3f}, lr {self._rate():.4g}", refresh=False)

    def on_test_begin(self, logs=None):
        """Stops the clock, since the rate is that of training."""
        self._trained = time.perf_counter()
        if self._bar is not None:
            self._bar.set_description_str("evaluating")

    def on_epoch_end(self, epoch, logs=None):
        """Prints the line."""
        now = time.perf_counter()
        speed = self._steps * self.batch_size / ((self._trained or now) - self._began)
        self._times.append(now - self._began)
        left = sum(self._times) / len(self._times) * (self.epochs - epoch - 1)
        self._close()
        parts = [
            f"epoch {epoch + 1}/{self.epochs}",
            *_scores(logs or {}, "", "train"),
            *_scores(logs or {}, "val_", self.split),
            f"lr {self._rate():.4g}",
            f"{speed:,.0f} images/s",
            f"{tqdm.format_interval(round(left))} left",
        ]
        print("  ".join(parts), flush=True)

    def _rate(self) -> float:
        return float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _scores(logs: dict[str, float], prefix: str, split: str) -> list[str]:
    """Loss and error, unless the model was not evaluated."""
    if f"{prefix}loss" not in logs:
        return []
    error = 100 * (1 - float(logs[f"{prefix}accuracy"]))
    return [f"{split} loss {float(logs[f'{prefix}loss']):.3f}", f"error {error:.1f} %"]
