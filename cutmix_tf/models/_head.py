"""The head of a classifier, and its class-activation maps."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from cutmix_tf.models._graph import call_of


class Head(NamedTuple):
    """The layers that turn a feature map into logits: global average pooling and one dense layer.

    Attributes:
      features: The symbolic feature map (batch, rows, columns, channels); `keras.Model(model.inputs[0], head.features)`
        computes it.
      kernel: float32 (channels, classes).
      bias: float32 (classes,); zeros if the layer has none.
    """

    features: keras.KerasTensor
    kernel: np.ndarray
    bias: np.ndarray


def has_head(model: keras.Model) -> bool:
    """Whether `find_head` finds the model's head."""
    return _layers(model) is not None


def find_head(model: keras.Model) -> Head:
    """The last feature map of a classifier and the dense layer behind its average.

    Args:
      model: A functional model that ends in global average pooling (channels last), optional dropout and one dense
        layer without activation.

    Raises:
      ValueError: if the model ends in anything else.
    """
    found = _layers(model)
    if found is None:
        raise ValueError(
            "A class-activation map needs a model that ends in global average pooling and one dense layer without "
            f"activation; {model.name!r} ends otherwise."
        )
    dense, features = found
    kernel = np.asarray(ops.convert_to_numpy(dense.kernel), np.float32)
    bias = np.zeros(dense.units) if dense.bias is None else ops.convert_to_numpy(dense.bias)
    return Head(features, kernel, np.asarray(bias, np.float32))


def class_activation_maps(features, kernel, classes):
    """Class-activation maps Σₖ kernel[k, c] · featuresₖ, before any scaling or clipping.

    The mean of a map plus the class's bias is the class's logit.

    Args:
      features: Feature maps (batch, rows, columns, channels), any float dtype.
      kernel: (channels, classes), as in `Head`.
      classes: int (batch,), the class c of each example's map.

    Returns:
      float32 (batch, rows, columns).

    Reference:
      Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016,
      https://arxiv.org/abs/1512.04150, equation 2.
    """
    weights = ops.take(ops.transpose(ops.cast(kernel, "float32")), classes, axis=0)
    return ops.einsum("bhwc,bc->bhw", ops.cast(features, "float32"), weights)


def _layers(model: keras.Model) -> tuple[keras.layers.Dense, keras.KerasTensor] | None:
    """The dense layer of a head and the feature map behind it; None if the model ends in anything else."""
    if len(getattr(model, "outputs", None) or ()) != 1:
        return None
    dense, inputs = call_of(model.outputs[0])
    if not isinstance(dense, keras.layers.Dense) or dense.activation is not keras.activations.linear:
        return None
    pool, inputs = call_of(inputs[0])
    if isinstance(pool, keras.layers.Dropout):
        pool, inputs = call_of(inputs[0])
    if not isinstance(pool, keras.layers.GlobalAveragePooling2D) or pool.data_format != "channels_last":
        return None
    return dense, inputs[0]
