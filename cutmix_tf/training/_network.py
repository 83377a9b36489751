"""The model of a run: made on its devices, tapped where features are mixed, and compiled."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras

from cutmix_tf import datasets, models
from cutmix_tf.distribution._devices import Devices
from cutmix_tf.distribution._workers import Workers
from cutmix_tf.losses import MixedCrossentropy
from cutmix_tf.metrics import MixedAccuracy, MixedTopKAccuracy
from cutmix_tf.mixing import HiddenMixer
from cutmix_tf.training._config import TrainConfig
from cutmix_tf.training._optimizer import build_optimizer

Model = keras.Model | Callable[[], keras.Model]

_OF_TABLE = {"stem": "auto", "regularizer": None, "last_stride": 2}
"""Settings, with their defaults, that only networks of the table follow."""


def make_model(
    config: TrainConfig,
    images: datasets.ImageSet,
    image_size: tuple[int, int],
    devices: Devices | Workers,
    steps_per_epoch: int,
    model: Model | None,
) -> tuple[keras.Model, Any]:
    """The compiled model that `fit` is called on, and the mixer as its batches need it.

    Raises:
      ValueError: if a model that was given does not return logits of the set's classes, or settings are for
        networks of the table and one was given.
    """
    with _precision(config.precision):
        with devices.scope():
            network = _from_table(config, images, image_size, devices) if model is None else _given(model, config)
            _check_outputs(network, images)
        mix = config.mix
        if isinstance(mix, HiddenMixer):
            network = models.TappedModel(network, mix.taps)
            mix = network.bind(mix, devices.replicas)
        network = devices.ready(network)
        with devices.scope():
            _compile(network, build_optimizer(config, steps_per_epoch), config.label_smoothing, images.num_classes)
    return network, mix


def _from_table(config: TrainConfig, images: datasets.ImageSet, size: tuple[int, int], devices) -> keras.Model:
    return models.build(
        config.model,
        num_classes=images.num_classes,
        input_shape=(*size, 3),
        stem=config.stem,
        regularizer=config.regularizer,
        last_stride=config.last_stride,
        sync_batch_norm=config.sync_batch_norm and devices.replicas > 1,  # costs a pass, and alone changes nothing
    )


def _given(model: Model, config: TrainConfig) -> keras.Model:
    set_ = [f"{name}={getattr(config, name)!r}" for name, usual in _OF_TABLE.items() if getattr(config, name) != usual]
    if set_:
        raise ValueError(
            f"{', '.join(set_)} is for networks of the table; got a model. Build it so, or leave that out."
        )
    return model if isinstance(model, keras.Model) else model()


def _check_outputs(model: keras.Model, images: datasets.ImageSet) -> None:
    outputs = model.output_shape
    if not isinstance(outputs, tuple) or len(outputs) != 2 or outputs[1] != images.num_classes:
        raise ValueError(
            f"{images.name} has {images.num_classes} classes, so the model must return logits "
            f"(batch, {images.num_classes}); {model.name!r} returns {outputs}."
        )


def _compile(model: keras.Model, optimizer: keras.Optimizer, label_smoothing: float, num_classes: int) -> None:
    top_k = MixedTopKAccuracy(k=min(5, num_classes), name="top5")
    loss = MixedCrossentropy(label_smoothing=label_smoothing)
    # weighted, since test examples that only fill up a batch have no weight
    model.compile(optimizer, loss, weighted_metrics=[MixedAccuracy(), top_k])
    model.optimizer.build(model.trainable_variables)  # now, so that a checkpoint can be loaded


@contextlib.contextmanager
def _precision(policy: str) -> Iterator[None]:
    """Keras' dtype policy while a model is built."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
