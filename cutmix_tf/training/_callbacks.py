"""What is measured and saved after each epoch."""

import time

import keras

from cutmix_tf.training._run_folder import RunFolder


class RunRecorder(keras.callbacks.Callback):
    """Keeps the run's history and writes it, the checkpoint and the best network after each epoch.

    A row holds the epoch, the losses, the errors in percent, the learning rate at the epoch's end and the
    training images a second, evaluation left out.

    Args:
      folder: Where to write.
      history: The rows of the epochs before, of a run that goes on.
      images_per_epoch: For the rate.
    """

    def __init__(self, folder: RunFolder, history: list[dict[str, float]], images_per_epoch: int):
        super().__init__()
        self.folder, self.history, self.images_per_epoch = folder, history, images_per_epoch

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._began = time.perf_counter()

    def on_test_begin(self, logs=None):
        """Stops the clock: training is over, evaluation begins."""
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Adds the epoch's row and saves."""
        seconds = self._trained - self._began
        row = {"epoch": epoch + 1, **errors_of(logs or {}), "train_images_per_second": self.images_per_epoch / seconds}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        best_before = min((past["test_top1_error"] for past in self.history), default=float("inf"))
        self.history.append(row)
        if row["test_top1_error"] < best_before:
            self.folder.save_model(self.model, "best.keras")
        self.folder.write_history(self.history)
        self.folder.save_checkpoint(self.model, self.history)


def errors_of(logs: dict[str, float]) -> dict[str, float]:
    """Keras' logs as losses and errors in percent, under the names of history.csv."""
    return {
        "train_loss": float(logs["loss"]),
        "train_top1_error": 100 * (1 - float(logs["accuracy"])),
        "test_loss": float(logs["val_loss"]),
        "test_top1_error": 100 * (1 - float(logs["val_accuracy"])),
        "test_top5_error": 100 * (1 - float(logs["val_top5"])),
    }
