"""The model of a run: built on its devices, tapped if features are mixed, and compiled."""

import dataclasses
from collections.abc import Callable

import keras

from cutmix_tf import models
from cutmix_tf.datasets import ImageSet
from cutmix_tf.distribution import Devices
from cutmix_tf.losses import make_loss
from cutmix_tf.metrics import MixedAccuracy, MixedTopKAccuracy
from cutmix_tf.mixing import HiddenMixer
from cutmix_tf.models import TappedModel
from cutmix_tf.training._config import TrainConfig
from cutmix_tf.training._optimizer import build_optimizer
from cutmix_tf.training._precision import dtype_policy, policy_of
from cutmix_tf.training._prepare import Prepared

Model = keras.Model | Callable[[], keras.Model]

_TABLE_ONLY = {"stem": "auto"} | dataclasses.asdict(models.BuilderOptions())
"""Settings, with their defaults, that only models of the table follow."""


def build_model(prepared: Prepared, devices: Devices, given: Model | None) -> keras.Model:
    """The compiled model that `fit` is called on.

    Args:
      prepared: The run's config and data.
      devices: Where it trains.
      given: A model, or a function that builds one, to use instead of the one that the config names.

    Raises:
      ValueError: if a given model doesn't return logits of the dataset's classes, or the config has settings that only
        models of the table, or models that are built here, follow.
    """
    config, images = prepared.config, prepared.images
    with dtype_policy(policy_of(config.precision, given)):
        with devices.scope():
            model = _from_table(prepared, devices) if given is None else _from_user(given, config)
            _check_outputs(model, images)
        if isinstance(config.mix, HiddenMixer):
            model = TappedModel(model, config.mix.taps)
        model = devices.prepare(model)
        with devices.scope():
            _compile(model, config, prepared.steps_per_epoch, images.num_classes)
    return model


def base_of(model: keras.Model) -> keras.Model:
    """The model without taps, which shares all its weights."""
    return model.base if isinstance(model, TappedModel) else model


def _from_table(prepared: Prepared, devices: Devices) -> keras.Model:
    config = prepared.config
    return models.build(
        config.model,
        num_classes=prepared.images.num_classes,
        input_shape=(*prepared.preprocessing.image_size, 3),
        stem=config.stem,
        regularizer=config.regularizer,
        last_stride=config.last_stride,
        # on one replica it would cost a pass and change nothing
        sync_batch_norm=config.sync_batch_norm and devices.replicas > 1,
    )


def _from_user(given: Model, config: TrainConfig) -> keras.Model:
    values = {name: getattr(config, name) for name in _TABLE_ONLY}
    unused = [f"{name}={value!r}" for name, value in values.items() if value != _TABLE_ONLY[name]]
    if unused:
        raise ValueError(
            f"{', '.join(unused)} applies to models built by name; got a model of your own. Build it that way, or "
            "leave the setting out."
        )
    model = given if isinstance(given, keras.Model) else given()
    if not getattr(model, "inputs", None):
        raise TypeError(
            "Training needs a functional or sequential model with known inputs, so that it can be saved; got "
            f"{model!r}. Build it from keras.Input."
        )
    return model


def _check_outputs(model: keras.Model, images: ImageSet) -> None:
    outputs = model.output_shape
    if not isinstance(outputs, tuple) or len(outputs) != 2 or outputs[1] != images.num_classes:
        raise ValueError(
            f"{images.name} has {images.num_classes} classes, so the model must return logits "
            f"(batch, {images.num_classes}); {model.name!r} returns {outputs}."
        )


def _compile(model: keras.Model, config: TrainConfig, steps_per_epoch: int, num_classes: int) -> None:
    top_k = MixedTopKAccuracy(k=min(5, num_classes), name="top5")
    loss = make_loss(config.loss, config.label_smoothing, config.target_threshold)
    # weighted metrics, because test examples that only fill up a batch have weight 0
    optimizer = build_optimizer(config, steps_per_epoch, model.trainable_variables)
    model.compile(optimizer, loss, weighted_metrics=[MixedAccuracy(), top_k])
    model.optimizer.build(model.trainable_variables)  # now, so that a checkpoint can be loaded
