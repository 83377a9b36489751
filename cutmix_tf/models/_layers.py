"""The layers that networks are made of, with the papers' padding, initial values and precision.

Images are always (batch, height, width, channels), whatever `keras.config.image_data_format()` says.
"""

import functools
from collections.abc import Callable

import keras


def convolve(x, filters: int, size: int, stride: int = 1, groups: int = 1, *, name: str) -> keras.KerasTensor:
    """Convolves with odd `size`, without bias, padded by `size // 2` on every side.

    With `groups`, channels and filters fall into that many parts, each of which is convolved on its own. The
    initial weights are drawn from N(0, 2 / (size² · filters)). "same" would pad a strided convolution of an even
    side on the right and at the bottom only, which moves the map by a pixel.
    """
    if stride > 1:
        x = _pad(x, size // 2, name)
    return keras.layers.Conv2D(
        filters,
        size,
        stride,
        padding="same" if stride == 1 else "valid",
        groups=groups,
        use_bias=False,
        # One initializer for each layer: a shared one would draw the same values everywhere.
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
        data_format="channels_last",
        name=name,
    )(x)


def max_pool(x, size: int, stride: int, *, name: str) -> keras.KerasTensor:
    """The largest value of each window, padded by `size // 2` on every side; x must not be negative."""
    x = _pad(x, size // 2, name)  # by zeros, which never exceed the window's own values
    return keras.layers.MaxPooling2D(size, stride, data_format="channels_last", name=name)(x)


def average_pool(x, size: int, *, name: str) -> keras.KerasTensor:
    """The mean of each window, side by side; the last ones hold fewer values where `size` does not divide the map."""
    return keras.layers.AveragePooling2D(size, padding="same", data_format="channels_last", name=name)(x)


def pad_channels(x, channels: int, *, name: str) -> keras.KerasTensor:
    """Appends zeros, up to that many channels."""
    missing = channels - x.shape[-1]
    # Keras pads the last two axes if it takes height for channels, and thereby width and channels for the sides.
    return keras.layers.ZeroPadding2D(((0, 0), (0, missing)), data_format="channels_first", name=name)(x)


def _pad(x, margin: int, name: str) -> keras.KerasTensor:
    if margin == 0:
        return x
    return keras.layers.ZeroPadding2D(margin, data_format="channels_last", name=f"{name}_pad")(x)


def batch_norm(sync: bool) -> Callable[..., keras.layers.BatchNormalization]:
    """Makes the constructor of a network's BatchNormalization layers: momentum 0.9, epsilon 1e-5.

    With `sync`, statistics are those of the whole batch, however many replicas share it. Keras has a switch
    for that on TensorFlow only; on its other backends the batch is one array and they are so anyway.
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
