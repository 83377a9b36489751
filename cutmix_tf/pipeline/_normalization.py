"""Normalization of images by channel, and its inverse."""

from collections.abc import Sequence

import tensorflow as tf


def normalize(images, mean: Sequence[float], std: Sequence[float]) -> tf.Tensor:
    """(images - mean) · (1 / std), each step rounded to float32; the same bits compiled or not.

    Args:
      images: (..., channels), of any numeric dtype, in pixel units from 0 to 255.
      mean: Of each channel, in the same units.
      std: Of each channel, in the same units.

    Returns:
      float32 of the same shape.
    """
    centered = tf.cast(images, tf.float32) - tf.constant(mean, tf.float32)
    return centered * (1 / tf.constant(std, tf.float32))


def denormalize(images, mean: Sequence[float], std: Sequence[float]) -> tf.Tensor:
    """The pixels that normalized images were made of, up to float rounding: well within 0.01 of a pixel's 255 steps.

    Args:
      images: (..., channels), as from `normalize`; whatever their dtype.
      mean: As it was given to `normalize`.
      std: As it was given to `normalize`.

    Returns:
      float32 of the same shape, in pixel units; not clipped.
    """
    return tf.cast(images, tf.float32) * tf.constant(std, tf.float32) + tf.constant(mean, tf.float32)
