"""keras-cv's backbones, with their wiring and sizes but each layer replaced.

keras-cv hard-codes stems, padding, initial values and batch statistics, so its arguments alone don't give the published
models. Replacing its layers leaves a plain Keras graph, which loads without keras-cv and whose layers
`model.get_layer` finds. keras-cv is archived: no other file imports it.
"""

from collections.abc import Callable

import keras

Replace = Callable[[keras.Layer], Callable[..., keras.KerasTensor]]


def backbone(kind: str, images, replace: Replace, **settings) -> keras.KerasTensor:
    """The last feature map of a keras-cv backbone.

    Args:
      kind: The name of its class in `keras_cv.models`.
      images: A symbolic batch of images; keras-cv doesn't rescale them.
      replace: Returns what is called instead of a layer, such as `copied(layer)`; never the layer itself.
      **settings: Further arguments of the class.

    Raises:
      ImportError: if keras-cv is not installed.
    """
    keras_cv = _import_keras_cv()

    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_last")
    try:
        original = getattr(keras_cv.models, kind)(include_rescaling=False, input_shape=images.shape[1:], **settings)
    finally:
        keras.config.set_image_data_format(before)
    rewired = keras.models.clone_model(
        keras.Model(original.inputs, original.outputs),
        [images],
        clone_function=lambda layer: layer,
        call_function=lambda layer, *inputs, **defaults: replace(layer)(*inputs),
    )
    return rewired.outputs[0]


def _import_keras_cv():
    try:
        import keras_cv  # here, because importing it takes seconds
    except ImportError as error:
        raise ImportError(
            "DenseNet, EfficientNet and VGG need keras-cv, which is not installed. Install it with "
            "pip install 'cutmix_tf[train]'."
        ) from error
    return keras_cv


def copied(layer: keras.Layer, **changes) -> keras.Layer:
    """A new layer like the given one, with some of its settings changed."""
    return type(layer).from_config(layer.get_config() | changes)


def left_out(x: keras.KerasTensor) -> keras.KerasTensor:
    """Takes the place of a layer that is left out."""
    return x
