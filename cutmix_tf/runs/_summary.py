"""What a run came to, and what it was measured with."""

import platform
import subprocess
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf.runs._checkpoints import Progress
from cutmix_tf.runs._history import judged_rows

_DIGITS = 4  # of percentages: enough for a test set of a million images
_LOSS_DIGITS = 6


def summarize(progress: Progress, split: str) -> dict[str, Any]:
    """What a finished training came to; errors in percent.

    Args:
      progress: At the end of the training.
      split: What the model was evaluated on while it trained. The best epoch is chosen on it.
    """
    judged = judged_rows(progress.history, split)
    last, best = judged[-1], min(judged, key=lambda row: row[f"{split}_top1_error"])
    prefix = "" if split == "test" else f"{split}_"
    return {
        f"{prefix}top1_error_last": round(last[f"{split}_top1_error"], _DIGITS),
        f"{prefix}top5_error_last": round(last[f"{split}_top5_error"], _DIGITS),
        f"{prefix}loss_last": round(last[f"{split}_loss"], _LOSS_DIGITS),
        f"{prefix}top1_error_best": round(best[f"{split}_top1_error"], _DIGITS),
        "best_epoch": int(best["epoch"]),
        "best_chosen_on": split,
        "train_top1_error_last": round(progress.history[-1]["train_top1_error"], _DIGITS),
        "train_images_per_second": round(float(np.median(progress.rates[1:] or progress.rates)), 1),
    }


def test_scores(which: str, logs: dict[str, float]) -> dict[str, float]:
    """A model's test scores for the summary.

    Args:
      which: "last" or "best".
      logs: As `evaluate(return_dict=True)` gives them.
    """
    return {
        f"top1_error_{which}": round(100 * (1 - logs["accuracy"]), _DIGITS),
        f"top5_error_{which}": round(100 * (1 - logs["top5"]), _DIGITS),
        f"loss_{which}": round(logs["loss"], _LOSS_DIGITS),
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
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return [device.name for device in tf.config.list_logical_devices()]
    if backend == "torch":  # where Keras has no distribution API
        return [str(keras.ops.zeros(1).device)]
    return keras.distribution.list_devices()
