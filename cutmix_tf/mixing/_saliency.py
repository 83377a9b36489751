"""Fine-grained saliency: how much each pixel differs from its surroundings, at several scales."""

import tensorflow as tf

_REACHES = (12, 24, 28, 48, 56, 112)  # of the surroundings, in pixels to each side; OpenCV's
_GRAY = (0.299, 0.587, 0.114)  # of red, green and blue


def saliency_maps(images: tf.Tensor) -> tf.Tensor:
    """The saliency of each pixel: int32 (batch, height, width), from 0 to 510, the same to the bit wherever it runs.

    As OpenCV's `StaticSaliencyFineGrained`, which the authors of SaliencyMix use: a gray pixel is compared with the
    mean of its surroundings of several sizes, cut off at the border. What it is brighter by is added up over the sizes,
    and so is what it is darker by; both sums are scaled to at most 255, and added. OpenCV's sum wraps around at 256.

    Args:
      images: (batch, height, width, channels) of any dtype, or videos, whose frames are averaged. Other dtypes than
        uint8 are scaled to each image's own range; values that are not finite count as 0.
    """
    gray = _gray(images)
    size = tf.shape(gray)[1:]
    brighter, darker = tf.zeros_like(gray), tf.zeros_like(gray)
    reaches = tf.minimum(tf.constant(_REACHES)[:, None], size)  # farther there is nothing
    sums = _running_sums(gray, reaches[-1])
    for reach in tf.unstack(reaches):
        total = _in_windows(sums, reach, reaches[-1], size)
        count = _length(reach[0], size[0])[:, None] * _length(reach[1], size[1])
        difference = tf.cast(gray * count - total, tf.float64) / tf.cast(tf.maximum(count - 1, 1), tf.float64)
        steps = tf.cast(difference, tf.int32)  # toward zero
        brighter += tf.maximum(steps, 0)
        darker += tf.maximum(-steps, 0)
    return _scaled(brighter) + _scaled(darker)


def _gray(images: tf.Tensor) -> tf.Tensor:
    """Brightness from 0 to 255: int32 (batch, height, width)."""
    values = tf.cast(images, tf.float64)
    values = tf.where(tf.math.is_finite(values), values, 0)
    if values.shape.rank == 5:
        values = tf.reduce_mean(values, axis=1)
    if images.shape[-1] == 3:
        red, green, blue = tf.unstack(values, axis=-1)
        values = _GRAY[0] * red + _GRAY[1] * green + _GRAY[2] * blue
    else:
        values = tf.reduce_mean(values, axis=-1)
    if images.dtype != tf.uint8:
        low, high = (reduce(values, axis=[1, 2], keepdims=True) for reduce in (tf.reduce_min, tf.reduce_max))
        values = tf.math.divide_no_nan(255 * (values - low), high - low)
    return tf.cast(tf.floor(values + (0.5 + 2.0**-20)), tf.int32)  # a half, whose sum may be rounded down, goes up


def _running_sums(gray: tf.Tensor, margin: tf.Tensor) -> tf.Tensor:
    """The sum of each pixel and all above and left of it, for images with a margin of zeros, and one more in front."""
    margins = tf.concat([[[0, 0]], tf.stack([margin + 1, margin], axis=1)], axis=0)
    return tf.cumsum(tf.cumsum(tf.pad(gray, margins), axis=1), axis=2)


def _in_windows(sums: tf.Tensor, reach: tf.Tensor, margin: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """The sum around each pixel, up to `reach` away, as differences of shifted images of sums, which vectorize."""
    shape = tf.concat([tf.shape(sums)[:1], size], axis=0)
    (above, left), (below, right) = tf.unstack(margin - reach), tf.unstack(margin + reach + 1)

    def shifted(row, column):
        return tf.slice(sums, tf.stack([0, row, column]), shape)

    return shifted(below, right) - shifted(above, right) - shifted(below, left) + shifted(above, left)


def _length(reach: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """How many pixels of the image are that near to each pixel along one side: int32 (size,)."""
    place = tf.range(size)
    return tf.minimum(place + reach + 1, size) - tf.maximum(place - reach, 0)


def _scaled(values: tf.Tensor) -> tf.Tensor:
    """Whole numbers scaled so that each image's largest is 255, rounded down."""
    largest = tf.cast(tf.reduce_max(values, axis=[1, 2], keepdims=True), tf.float64)
    return tf.cast(tf.math.divide_no_nan(255 * tf.cast(values, tf.float64), largest), tf.int32)
