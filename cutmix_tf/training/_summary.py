"""What a run came to, and what it was measured with."""

import platform
import subprocess
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf.training._as_text import to_text
from cutmix_tf.training._checkpoints import Progress
from cutmix_tf.training._config import TrainConfig


def summarize(config: TrainConfig, progress: Progress) -> dict[str, Any]:
    """What a run came to: errors in percent of the last epoch and of the best, which the test set picked."""
    last, best = progress.history[-1], min(progress.history, key=lambda row: row["test_top1_error"])
    rates = progress.rates
    return {
        "dataset": config.dataset,
        "model": config.model,
        "mix": to_text(config.mix),
        "seed": config.seed,
        "epochs": config.epochs,
        "top1_error_last": last["test_top1_error"],
        "top5_error_last": last["test_top5_error"],
        "top1_error_best": best["test_top1_error"],
        "best_epoch": best["epoch"],
        "train_top1_error_last": last["train_top1_error"],
        "train_images_per_second": float(np.median(rates[1:] or rates)),
    }


def trainable_parameters(model: keras.Model) -> int:
    """How many numbers training changes."""
    return int(sum(np.prod(weight.shape) for weight in model.trainable_weights))


def measured_with() -> dict[str, str | None]:
    """Versions, hardware and the commit, for whoever reads the numbers later."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "commit": git.stdout.strip() or None,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": f"{keras.__version__} on {keras.backend.backend()}",
        "devices": ", ".join(_devices()),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _devices() -> list[str]:
    if keras.backend.backend() == "tensorflow":
        return [device.name for device in tf.config.list_logical_devices()]
    return keras.distribution.list_devices()
