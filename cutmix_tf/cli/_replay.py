"""Makes a batch of a run again: python -m cutmix_tf.cli._replay RUN --step K [--save FILE.npz]."""

import json
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import tensorflow as tf
import tyro

from cutmix_tf.runs._run_folder import config_from_json
from cutmix_tf.training._train import Run


def replay(run: str | Path, step: int) -> dict[str, np.ndarray]:
    """The very batch that a run trained on at a step: arrays by name, pictures under "images", targets under "targets".

    Args:
      run: The run's folder. What it holds is read as data, and never run.
      step: Counted from 0 over all epochs.

    Raises:
      FileNotFoundError: if there is no run.
      ValueError, TypeError: if `step` is negative, or the run's config can't be read.
    """
    file = Path(run) / "config.json"
    if not file.is_file():
        raise FileNotFoundError(f"{str(run)!r} holds no run: config.json is missing.")
    settings = {**json.loads(file.read_text()), "run_dir": str(run)}
    inputs, targets = next(iter(Run(config_from_json(settings)).train_batches(step)))
    parts = {"targets": targets, **(inputs if isinstance(inputs, dict) else {"images": inputs})}
    parts |= {f"plan_{name}": value for name, value in parts.pop("plan", {}).items()}
    return {name: tf.convert_to_tensor(value).numpy() for name, value in parts.items()}


def main(run: Annotated[Path, tyro.conf.Positional], step: int, save: Path | None = None) -> None:
    """Says what the batch of a step holds, and saves it if asked to.

    Args:
      run: The run's folder.
      step: Counted from 0 over all epochs.
      save: A file for the arrays, .npz.
    """
    try:
        arrays = replay(run, step)
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        sys.exit(f"replay: {error}")
    for name, array in arrays.items():
        bad = int(np.size(array) - np.isfinite(array).sum())
        print(f"{name:>14}  {array.dtype.name} {array.shape}, {array.min():g} to {array.max():g}, {bad} not finite")
    if save is not None:
        np.savez(save, allow_pickle=False, **arrays)


if __name__ == "__main__":
    tyro.cli(main)
