"""A batch of a run, made again."""

import dataclasses
from pathlib import Path

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf.attention import cached_maps
from cutmix_tf.datasets import ImageSet
from cutmix_tf.mixing import HiddenMixer
from cutmix_tf.runs import RunFiles, check_same_data, config_from_json, read_json, read_settings
from cutmix_tf.training._config import TrainConfig
from cutmix_tf.training._prepare import Prepared, prepare


def replay(run: str | Path, step: int, *, images: ImageSet | None = None) -> dict[str, np.ndarray]:
    """The very batch that a run trained on at a step. Changes nothing, and needs neither the model nor its devices.

    Args:
      run: The run's folder.
      step: Counted from 0 over all epochs.
      images: The dataset, if the run was given one that the config doesn't name.

    Returns:
      Arrays by name: normalized images under "images", targets under "targets", and the parts of a plan for feature
      maps under "plan_…".

    Raises:
      FileNotFoundError: if there is no run, or its attention maps are gone.
      ValueError, TypeError: if the run has no such step, its config can't be read, or its data has changed.
    """
    files = RunFiles(Path(run))
    prepared = prepare(read_config(run), images=images)
    check_same_data(files, prepared.images.fingerprints)
    check_whole("step", step, low=0, high=prepared.config.epochs * prepared.steps_per_epoch - 1)
    prepared = _with_maps(_with_taps(prepared, files))
    inputs, targets = next(iter(prepared.train_batches(step)))
    parts = {"targets": targets, **(inputs if isinstance(inputs, dict) else {"images": inputs})}
    parts |= {f"plan_{name}": value for name, value in parts.pop("plan", {}).items()}
    return {name: tf.convert_to_tensor(value).numpy() for name, value in parts.items()}


def read_config(run: str | Path) -> TrainConfig:
    """The config of a run. Its files are read as data; no code is run.

    Raises:
      FileNotFoundError: if there is no run.
      ValueError, TypeError: if its config can't be read.
    """
    return config_from_json(TrainConfig, {**read_settings(run), "run_dir": str(run)})


def _with_taps(prepared: Prepared, files: RunFiles) -> Prepared:
    """The same with the mixer bound to the feature maps that it mixed, if it did."""
    if not isinstance(prepared.mixer, HiddenMixer):
        return prepared
    taps = read_json(files.taps)
    grids = tuple((height, width) for height, width in taps["grids"])
    return dataclasses.replace(prepared, mixer=prepared.mixer.bound_to(grids, taps["replicas"]))


def _with_maps(prepared: Prepared) -> Prepared:
    """The same with the cached attention maps, if there were any."""
    config = prepared.config
    if config.teacher is None or config.attention == "live":
        return prepared
    if not config.cache_path.is_file():
        raise FileNotFoundError(f"The run's attention maps are gone: {str(config.cache_path)!r} is missing.")
    return prepared.with_maps(cached_maps(config.cache_path, prepared.train_split, config.teacher))
