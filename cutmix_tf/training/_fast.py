"""A run that tries everything in a few steps: training, evaluation, checkpoints, and all files at the end."""

import dataclasses
import itertools
import os
from pathlib import Path

from cutmix_tf.training._config import TrainConfig

EPOCHS, STEPS = 2, 3  # steps of each epoch, and batches of each evaluation


def fast_config(config: TrainConfig) -> TrainConfig:
    """The config of such a run: two epochs, with a checkpoint inside each, in a new folder beside the run's own.

    Maps of attention are computed from the batches rather than for all images, and batches are made by this process.

    Raises:
      ValueError: for several workers, which would not agree on the folder.
    """
    if config.strategy == "multiworker":
        raise ValueError("A fast dev run tries one machine; got strategy='multiworker'. Use --strategy auto.")
    return dataclasses.replace(
        config,
        epochs=EPOCHS,
        warmup_epochs=min(config.warmup_epochs, EPOCHS),
        evaluate_every=1,
        checkpoint_steps=STEPS - 1,
        attention="cache" if config.teacher is None else "live",
        data_service=None,
        run_dir=None if config.run_dir is None else _new_folder(f"{config.run_dir}_fast_dev_run"),
    )


def _new_folder(name: str) -> str:
    """Makes the first folder NAME_1, NAME_2, … that is not there."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    folders = (f"{name}_{number}" for number in itertools.count(1))
    return next(folder for folder in folders if _made(folder))


def _made(folder: str) -> bool:
    """Makes a folder, unless it is there already."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        return False
    return True
