"""Training: from a config to a filled run folder, in one place."""

import dataclasses
import logging
from typing import Any

import keras

from cutmix_tf import models
from cutmix_tf.datasets import ImageSet
from cutmix_tf.distribution import Devices, find_devices, lost_workers_reported
from cutmix_tf.models import TappedModel
from cutmix_tf.runs import RunFolder, write_json
from cutmix_tf.training._config import TrainConfig
from cutmix_tf.training._errors import input_errors_explained
from cutmix_tf.training._fast import STEPS, fast_config
from cutmix_tf.training._fit import Fit
from cutmix_tf.training._model import Model, build_model
from cutmix_tf.training._precision import policy_of
from cutmix_tf.training._prepare import Prepared, prepare

LOG = logging.getLogger("cutmix_tf")


def train(
    config: TrainConfig,
    *,
    model: Model | None = None,
    images: ImageSet | None = None,
    fast_dev_run: bool = False,
    display: keras.callbacks.Callback | None = None,
) -> dict[str, Any]:
    """Trains as the config says and fills the run's folder; continues a run that was stopped or killed.

    Args:
      config: The run's settings.
      model: A Keras model that returns logits, to use instead of the one that the config names; or a function that
        builds it, which training on several replicas needs.
      images: A loaded dataset to use instead of the one that the config names.
      fast_dev_run: Tries everything in two epochs of a few steps: training, evaluation, checkpoints and all files, in a
        new folder RUN_DIR_fast_dev_run_1, or 2 and so on. The error rates mean nothing.
      display: What shows the progress; None for the lines and bars of Keras.

    Returns:
      The summary, as in summary.json: the errors in percent of the last and of the best epoch, and what they were
      measured with.

    Raises:
      ValueError, TypeError, OSError, RuntimeError: before the first step, for anything that does not fit: an unknown
        dataset, model or strategy, missing data, labels beyond the model's outputs, a folder that can't be written or
        holds another run.
      FloatingPointError: if the loss becomes NaN.
      ConnectionError: if another worker, or a data service, is lost.
      Terminated, Interrupted: after SIGTERM or Ctrl-C, once everything is saved.
    """
    if model is None:
        models.architecture(config.model)  # an unknown name is an error before data is loaded
    if fast_dev_run:
        config = fast_config(config)
        LOG.info("Fast dev run: %d epochs of at most %d steps, files in %s", config.epochs, STEPS, config.run_dir)
    devices = find_devices(config.strategy)
    config = _with_known_precision(config, model)
    _check_devices(config, devices)
    prepared = dataclasses.replace(prepare(config, images=images), limit=STEPS if fast_dev_run else None)
    keras.utils.set_random_seed(config.seed)
    network = build_model(prepared, devices, model)
    folder = RunFolder(config, is_chief=devices.is_chief)
    with folder.locked(), lost_workers_reported(), input_errors_explained(config), devices.scope():
        summary = folder.read_summary()
        if summary is not None:
            LOG.warning("%s holds this run, finished. Remove it to train again.", folder.home.folder)
            return summary
        folder.keep_data(prepared.images.fingerprints)
        prepared = _bound(_with_attention(prepared, devices), network, devices, folder)
        write_json(folder.files.preprocessing, dataclasses.asdict(prepared.preprocessing))
        return Fit(prepared, network, devices, folder, display).run()


def _with_known_precision(config: TrainConfig, model: Model | None) -> TrainConfig:
    """The same with the precision that "auto" means here, so that the run's folder says which it was."""
    policy = policy_of(config.precision, model)
    if config.precision == "auto":
        LOG.info("Precision: %s", policy)
    return dataclasses.replace(config, precision=policy)


def _check_devices(config: TrainConfig, devices: Devices) -> None:
    """Raises ValueError unless the devices can share the config's batches."""
    if config.data_service and devices.several_processes:
        raise ValueError(
            "Several workers share each batch, but a data service would give each of them its own; got data_service="
            f"{config.data_service!r}. Leave it out, or train on one machine."
        )
    if devices.static_shapes and not config.static_shapes:
        raise ValueError(f"strategy {config.strategy!r} needs batches of one shape; set static_shapes=True.")
    replicas, batch_size = devices.replicas, config.batch_size
    if config.static_shapes and batch_size % replicas:
        below = batch_size // replicas * replicas
        sizes = f"{below} or {below + replicas}" if below else f"{replicas}"
        raise ValueError(f"batch_size must be divisible by the {replicas} replicas; got {batch_size}. Use {sizes}.")


def _with_attention(prepared: Prepared, devices: Devices) -> Prepared:
    """The same with attention maps, which the first worker computes and the others then read."""
    if not devices.is_chief:
        devices.barrier()
    prepared = prepared.with_attention()
    if devices.is_chief:
        devices.barrier()
    return prepared


def _bound(prepared: Prepared, model: keras.Model, devices: Devices, folder: RunFolder) -> Prepared:
    """The same with the mixer bound to the feature maps that it mixes; where these are goes into the run's folder."""
    if not isinstance(model, TappedModel):
        return prepared
    write_json(folder.files.taps, {"grids": model.grids, "replicas": devices.replicas})
    return dataclasses.replace(prepared, mixer=model.bind(prepared.mixer, devices.replicas))
