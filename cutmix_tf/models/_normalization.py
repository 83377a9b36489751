"""Normalization as part of a model, so that what is saved takes pixels."""

import math
from collections.abc import Sequence

import keras
import numpy as np

from cutmix_tf._checks import check_number


def with_normalization(model: keras.Model, mean: Sequence[float], std: Sequence[float]) -> keras.Model:
    """The model with the normalization of its images in front: it takes pixels from 0 to 255.

    The result shares all layers and weights with `model`, so that training one trains the other. It is a flat
    functional model: the layers of `model`, after "subtract_mean" and "divide_by_std". These two are Keras' own, so
    that a saved model loads without this package, and compute (pixels - mean) · (1 / std) in float32 whatever the
    dtype policy: the very bits that the input pipeline feeds to `model` in training.

    Args:
      model: A functional model of one input, normalized images (batch, height, width, channels), and one output.
      mean: Of each channel, in units of pixels from 0 to 255.
      std: Standard deviation of each channel, in the same units, above 0.

    Returns:
      A model from float32 pixels (integers are converted) to the output of `model`, of the same name.

    Raises:
      TypeError: if the model is not functional, or `mean` or `std` holds something other than numbers.
      ValueError: if the model has several inputs or outputs, takes no images, or is normalized already, or if `mean` or
        `std` does not have a value for each channel.

    Example:
      >>> model = build("resnet20", num_classes=10, input_shape=(32, 32, 3))
      >>> with_normalization(model, mean=(125.3, 123.0, 113.9), std=(63.0, 62.1, 66.7)).save("final.keras")
    """
    _check_model(model)
    _check_channels(model, mean, std)
    pixels = keras.Input(model.input_shape[1:], dtype="float32", name="images")
    normalized = _normalize(pixels, mean, std)

    def call(layer, *args, **kwargs):
        args, kwargs = keras.tree.map_structure(lambda x: normalized if x is pixels else x, (args, kwargs))
        return layer(*args, **kwargs)

    body = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return keras.models.clone_model(body, pixels, clone_function=lambda layer: layer, call_function=call)


def _normalize(pixels: keras.KerasTensor, mean: Sequence[float], std: Sequence[float]) -> keras.KerasTensor:
    """(pixels - mean) · (1 / std), by two of Keras' own layers."""
    offset, scale = -np.asarray(mean, np.float32), np.float32(1) / np.asarray(std, np.float32)
    # Of rank 3, since Keras would put values of rank 1 on the axis that its global data format names. And no
    # Normalization layer: it holds tensors, which an export to ONNX turns into inputs.
    centered = keras.layers.Rescaling(1.0, [[offset.tolist()]], dtype="float32", name="subtract_mean")(pixels)
    return keras.layers.Rescaling([[scale.tolist()]], dtype="float32", name="divide_by_std")(centered)


def _check_model(model: keras.Model) -> None:
    if not getattr(model, "inputs", None):
        raise TypeError(f"Normalization goes in front of a functional model; got {model!r}.")
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.inputs[0].shape) != 4:
        raise ValueError(
            "Normalization goes in front of a model from images (batch, height, width, channels) to one output; "
            f"{model.name!r} takes {model.input_shape} and returns {model.output_shape}."
        )
    if any(layer.name in ("subtract_mean", "divide_by_std") for layer in model.layers):
        raise ValueError(f"{model.name!r} is normalized already. Use it as it is.")


def _check_channels(model: keras.Model, mean: Sequence[float], std: Sequence[float]) -> None:
    channels = model.inputs[0].shape[-1]
    for name, values in (("mean", mean), ("std", std)):
        if len(values) != channels:
            raise ValueError(f"{name} must have a value for each of {channels} channels; got {values}.")
        for value in values:
            check_number(f"each value of {name}", value, low=-math.inf if name == "mean" else 0, above=name == "std")
