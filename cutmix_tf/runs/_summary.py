"""What a run came to, and what it was measured with."""

import platform
import subprocess
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf.runs._checkpoints import Progress
from cutmix_tf.training._as_text import to_text
from cutmix_tf.training._config import TrainConfig


def summarize(config: TrainConfig, progress: Progress, judged_on: str) -> dict[str, Any]:
    """What a run came to: errors in percent of the last epoch and of the best one on the split it was judged on."""
    column = f"{judged_on}_top1_error"
    judged = [row for row in progress.history if column in row]
    last, best = judged[-1], min(judged, key=lambda row: row[column])
    rates = progress.rates
    return {
        "dataset": config.dataset,
        "model": config.model,
        "mix": to_text(config.mix),
        "seed": config.seed,
        "epochs": config.epochs,
        "top1_error_last": last[column],
        "top5_error_last": last[f"{judged_on}_top5_error"],
        "top1_error_best": best[column],
        "best_epoch": best["epoch"],
        "best_chosen_on": judged_on,
        f"{judged_on}_top1_error_last": last[column],
        f"{judged_on}_loss_last": last[f"{judged_on}_loss"],
        "train_top1_error_last": progress.history[-1]["train_top1_error"],
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
