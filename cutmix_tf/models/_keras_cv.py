"""The backbones of keras-cv, wired as there, with any layer of theirs replaced.

keras-cv fixes stems, padding, initial values and statistics in its code, so that its arguments alone don't give the
published networks; its wiring and its sizes do. A replaced layer leaves a plain Keras graph, which loads without
keras-cv, and whose layers `model.get_layer` finds.
"""

from collections.abc import Callable

import keras

Replace = Callable[[keras.Layer], Callable[..., keras.KerasTensor]]


def backbone(kind: str, images, replace: Replace, **settings) -> keras.KerasTensor:
    """The last feature map of a keras-cv backbone.

    Args:
      kind: The name of its class in `keras_cv.models`.
      images: A symbolic batch of images; keras-cv doesn't rescale them.
      replace: Gives what is called instead of each layer, such as `copied(layer)`; no layer may stay itself.
      settings: Further arguments of the class.
    """
    import keras_cv  # here, because importing it takes seconds

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


def copied(layer: keras.Layer, **changes) -> keras.Layer:
    """A new layer like the given one, with some of its settings changed."""
    return type(layer).from_config(layer.get_config() | changes)


def left_out(x: keras.KerasTensor) -> keras.KerasTensor:
    """In place of a layer: nothing."""
    return x
