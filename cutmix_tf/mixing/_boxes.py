"""The papers' boxes: centered anywhere, with the image's aspect ratio or a given size, clipped at the border."""

import tensorflow as tf

from cutmix_tf._random import uniform_integers


def uniform_centers(row_bits, column_bits, height, width) -> tf.Tensor:
    """A uniformly drawn pixel: int32 (count, 2), row and column."""
    return tf.stack([uniform_integers(row_bits, height), uniform_integers(column_bits, width)], axis=1)


def sides_for_share(own_share, height, width) -> tf.Tensor:
    """Height and width of a box that leaves `own_share` of the image: int32 (count, 2), rounded down.

    sides = (height, width) · √(1 − share), Yun et al. 2019, Eq. 2. Computed in float64, where both operations are
    correctly rounded, so that compiled and uncompiled code agree to the bit.
    """
    scale = tf.sqrt(1 - tf.cast(own_share, tf.float64))
    size = tf.cast(tf.stack([height, width]), tf.float64)
    return tf.cast(tf.floor(scale[:, None] * size), tf.int32)


def clipped_boxes(centers, sides, height, width) -> tf.Tensor:
    """Boxes of about those sides around the centers, cut off at the border: int32 (count, 4), half-open.

    As in the official code, a box reaches ⌊side / 2⌋ to either side of its center, so an odd side loses a pixel.

    Args:
      centers: int32 (count, 2), row and column.
      sides: int32 (count, 2) or (2,), height and width before clipping.
      height: Of the image, in pixels.
      width: Of the image, in pixels.
    """
    size = tf.stack([height, width])
    first = tf.clip_by_value(centers - sides // 2, 0, size)
    last = tf.clip_by_value(centers + sides // 2, 0, size)
    return tf.concat([first, last], axis=1)
