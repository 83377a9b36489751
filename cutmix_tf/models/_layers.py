"""The layers that models are made of, with the papers' padding, initial values and precision.

Images are always (batch, height, width, channels), whatever `keras.config.image_data_format()` says.
"""

import functools
from collections.abc import Callable

import keras


def convolve(x, filters: int, size: int, stride: int = 1, groups: int = 1, *, name: str) -> keras.KerasTensor:
    """Convolves with odd `size`, without bias, padded by `size // 2` on every side.

    With `groups`, channels and filters are split into that many groups, each convolved on its own. Initial weights
    are drawn from N(0, 2 / (size² · filters)).
    """
    if stride > 1:
        # "same" would pad maps of even sides on the right and at the bottom only, which shifts them by a pixel.
        x = _pad(x, size // 2, name)
    return keras.layers.Conv2D(
        filters,
        size,
        stride,
        padding="same" if stride == 1 else "valid",
        groups=groups,
        use_bias=False,
        # One initializer per layer: a shared one would draw the same values everywhere.
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
        data_format="channels_last",
        name=name,
    )(x)


def max_pool(x, size: int, stride: int, *, name: str) -> keras.KerasTensor:
    """The largest value of each window, padded by `size // 2` on every side; x must be at least 0."""
    x = _pad(x, size // 2, name)  # zeros never exceed the values of the window
    return keras.layers.MaxPooling2D(size, stride, data_format="channels_last", name=name)(x)


def average_pool(x, size: int, *, name: str) -> keras.KerasTensor:
    """The mean of each window of a tiling; the last windows are smaller if `size` does not divide the map."""
    return keras.layers.AveragePooling2D(size, padding="same", data_format="channels_last", name=name)(x)


def pad_channels(x, channels: int, *, name: str) -> keras.KerasTensor:
    """Appends zeros, up to that many channels."""
    missing = channels - x.shape[-1]
    # Called channels first, Keras takes width and channels for the sides.
    return keras.layers.ZeroPadding2D(((0, 0), (0, missing)), data_format="channels_first", name=name)(x)


def _pad(x, margin: int, name: str) -> keras.KerasTensor:
    if margin == 0:
        return x
    return keras.layers.ZeroPadding2D(margin, data_format="channels_last", name=f"{name}_pad")(x)


def batch_norm(sync: bool) -> Callable[..., keras.layers.BatchNormalization]:
    """The constructor of a model's BatchNormalization layers: momentum 0.9, epsilon 1e-5.

    With `sync`, statistics are taken over the whole batch, however many replicas share it. Keras has a switch for
    that on TensorFlow only; on its other backends the batch is one array, so that they always are.
    """
    return functools.partial(
        keras.layers.BatchNormalization,
        momentum=0.9,
        epsilon=1e-5,
        synchronized=sync and keras.config.backend() == "tensorflow",
    )


def classify(x, num_classes: int) -> keras.KerasTensor:
    """The logits of a feature map: layers "pool" (global average) and "logits" (dense), both in float32.

    Kernel and bias start uniform in ±1/√channels.
    """
    x = keras.layers.GlobalAveragePooling2D(data_format="channels_last", dtype="float32", name="pool")(x)
    bound = x.shape[-1] ** -0.5
    return keras.layers.Dense(
        num_classes,
        kernel_initializer=keras.initializers.RandomUniform(-bound, bound),
        bias_initializer=keras.initializers.RandomUniform(-bound, bound),
        dtype="float32",
        name="logits",
    )(x)
