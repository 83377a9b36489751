"""A box of the partner, resized into the box of the mix: means of pixels for images, nearest pixels for masks."""

import tensorflow as tf

_EXACT_PIXELS = 2**24 // 255
"""Sums of so many bytes are exact in float32."""


def averaged(images: tf.Tensor, source: tf.Tensor, box: tf.Tensor) -> tf.Tensor:
    """The source resized into the box, where each pixel is the mean of the part of the source that it covers.

    So nothing is aliased, and each pixel of the source counts equally. Integers are rounded to the nearest, halves to
    even. Sums are exact for integers of up to 16 bits, so compiled and uncompiled code agree to the bit. Pixels outside
    of the box hold anything.

    Args:
      images: (batch, frames, height, width, channels).
      source: int32 (batch, 4), a box that is not empty.
      box: int32 (batch, 4), of at most the source's height and width.
    """
    height, width = tf.unstack(tf.shape(images)[2:4])
    small = images.dtype == tf.uint8 and (images.shape[2:4].num_elements() or _EXACT_PIXELS + 1) <= _EXACT_PIXELS
    dtype = tf.float32 if small else tf.float64
    rows = tf.cast(_covered(source[:, 0::2], box[:, 0::2], height), dtype)
    columns = tf.cast(_covered(source[:, 1::2], box[:, 1::2], width), dtype)
    sums = tf.einsum("byp,bfpxc->bfyxc", rows, tf.cast(images, dtype))
    sums = tf.einsum("bxq,bfyqc->bfyxc", columns, sums)
    # Divided by the weights that were added up, not by the source's area: XLA multiplies by the reciprocal of what is
    # constant, and then not every half would be rounded to even.
    weights = tf.reduce_sum(rows, axis=2)[:, :, None] * tf.reduce_sum(columns, axis=2)[:, None, :]
    means = tf.cast(sums, tf.float64) / tf.cast(tf.maximum(weights, 1), tf.float64)[:, None, :, :, None]
    return tf.cast(tf.round(means) if images.dtype.is_integer else means, images.dtype)


def nearest(images: tf.Tensor, source: tf.Tensor, box: tf.Tensor) -> tf.Tensor:
    """The source resized into the box, where each pixel is that of the source below its center; see `averaged`."""
    height, width = tf.unstack(tf.shape(images)[2:4])
    taken = tf.gather(images, _below(source[:, 0::2], box[:, 0::2], height), axis=2, batch_dims=1)
    return tf.gather(taken, _below(source[:, 1::2], box[:, 1::2], width), axis=3, batch_dims=1)


def _covered(source: tf.Tensor, box: tf.Tensor, size) -> tf.Tensor:
    """How much of each source pixel p each pixel y covers along one side: int32 (batch, y, p).

    The unit is a source pixel divided by the box's length, so that all lengths are whole. They add up to the source's
    length for each pixel of the box.

    Args:
      source: int32 (batch, 2), the first pixel and the end.
      box: Likewise.
      size: The number of pixels along the side.
    """
    length, unit = (_length(part)[:, None, None] for part in (source, box))
    begin = source[:, 0, None, None] * unit + (tf.range(size)[:, None] - box[:, 0, None, None]) * length
    pixel = tf.range(size)[None, None] * unit
    return tf.maximum(tf.minimum(begin + length, pixel + unit) - tf.maximum(begin, pixel), 0)


def _below(source: tf.Tensor, box: tf.Tensor, size) -> tf.Tensor:
    """The source's pixel below the center of each pixel along one side: int32 (batch, size)."""
    twice = 2 * (tf.range(size)[None] - box[:, 0, None]) + 1
    pixel = source[:, 0, None] + twice * _length(source)[:, None] // tf.maximum(2 * _length(box)[:, None], 1)
    return tf.clip_by_value(pixel, 0, size - 1)


def _length(ends: tf.Tensor) -> tf.Tensor:
    return ends[:, 1] - ends[:, 0]
