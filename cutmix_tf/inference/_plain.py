"""A trained model without our layers, so that it loads where this package is not installed."""

from typing import Any

import keras
from keras import ops

from cutmix_tf.layers import DropBlock, ShakeDrop, StochasticDepth


def logits_of(model: keras.Model, images: keras.KerasTensor, crops: keras.KerasTensor) -> keras.KerasTensor:
    """The output of a functional model that looks at the crops of images; shares the model's layers and weights.

    Layers of ours are replaced by Keras' layers that do what they do in inference.

    Args:
      model: Of one input.
      images: Where the result's graph begins.
      crops: Made from the images; they take the place of the model's input.
    """

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = keras.tree.map_structure(lambda x: crops if x is images else x, (args, kwargs))
        return layer(*args, **kwargs)

    body = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return keras.models.clone_model(body, images, clone_function=_plain, call_function=call).outputs[0]


def _plain(layer: Any) -> Any:
    """The layer, or what takes its place: our regularizers multiply by a constant in inference."""
    if not isinstance(layer, DropBlock | ShakeDrop | StochasticDepth):
        return layer
    scale = float(ops.convert_to_numpy(layer(ops.ones((1, 1, 1, 1)), training=False)).item())
    return keras.layers.Rescaling(scale, name=layer.name, dtype=layer.dtype_policy)
