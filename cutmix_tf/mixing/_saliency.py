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
        difference, others = gray * count - total, tf.maximum(count - 1, 1)
        brighter += _whole_part(tf.maximum(difference, 0), others)
        darker += _whole_part(tf.maximum(-difference, 0), others)
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


def _whole_part(values: tf.Tensor, divisors: tf.Tensor) -> tf.Tensor:
    """Quotients of whole numbers that are not negative, rounded down.

    The half keeps them away from whole numbers: compiled code may multiply by a reciprocal, which can be a bit smaller.
    """
    return tf.cast((tf.cast(values, tf.float64) + 0.5) / tf.cast(divisors, tf.float64), tf.int32)


def _running_sums(gray: tf.Tensor, margin: tf.Tensor) -> tf.Tensor:
    """The sum of each pixel and all above and left of it, for images with a margin of zeros, and one more in front."""
    sums = tf.cumsum(tf.cumsum(tf.pad(gray, [[0, 0], [1, 0], [1, 0]]), axis=1), axis=2)
    below = tf.repeat(sums[:, -1:], margin[0], axis=1)
    sums = tf.concat([tf.pad(sums, tf.stack([[0, 0], [margin[0], 0], [0, 0]])), below], axis=1)
    right = tf.repeat(sums[:, :, -1:], margin[1], axis=2)
    return tf.concat([tf.pad(sums, tf.stack([[0, 0], [0, 0], [margin[1], 0]])), right], axis=2)


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
    return _whole_part(255 * values, tf.maximum(tf.reduce_max(values, axis=[1, 2], keepdims=True), 1))
