"""Random shifts and flips of whole batches, which copy pixels as they are."""

from typing import NamedTuple

import tensorflow as tf

from cutmix_tf._random import child_seeds, coins, random_bits, uniform_integers


class Geometry(NamedTuple):
    """How each image of a batch is moved.

    Attributes:
      offsets: int32 (batch, 2), the row and column of the old image where the new one begins.
      flips: bool (batch,), whether the new image is then mirrored left to right.
    """

    offsets: tf.Tensor
    flips: tf.Tensor


def sample_crop_flip(batch, padding: int, seed) -> Geometry:
    """Draws random crops after padding by `padding` pixels on each side, and mirrors half of them.

    Args:
      batch: Number of images.
      padding: The crop begins at -padding to padding, each equally likely; 0 for no crop.
      seed: Two integers.
    """
    crop_seed, flip_seed = child_seeds(seed, 2)
    offsets = uniform_integers(random_bits(crop_seed, [batch, 2]), 2 * padding + 1) - padding
    return Geometry(offsets, coins(random_bits(flip_seed, [batch]), 0.5))


def apply_geometry(images, geometry: Geometry) -> tf.Tensor:
    """Moves each image; what comes from outside of it is 0. Values are copied bit for bit.

    Args:
      images: (batch, height, width) or (batch, height, width, channels), of any dtype: images, masks, maps.
      geometry: As drawn by `sample_crop_flip`.

    Returns:
      The moved images, of the same shape and dtype.
    """
    images = tf.convert_to_tensor(images)
    height, width = tf.unstack(tf.shape(images)[1:3])
    columns = tf.range(width)
    columns = tf.where(geometry.flips[:, None], width - 1 - columns, columns) + geometry.offsets[:, 1:]
    rows = tf.range(height) + geometry.offsets[:, :1]
    inside = _inside(rows, height)[:, :, None] & _inside(columns, width)[:, None, :]
    moved = tf.gather(images, tf.clip_by_value(rows, 0, height - 1), axis=1, batch_dims=1)
    moved = tf.gather(moved, tf.clip_by_value(columns, 0, width - 1), axis=2, batch_dims=1)
    inside = tf.reshape(inside, tf.concat([tf.shape(inside), tf.ones([images.shape.rank - 3], tf.int32)], 0))
    return tf.ensure_shape(tf.where(inside, moved, tf.zeros([], images.dtype)), images.shape)


def _inside(places: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    return (places >= 0) & (places < size)
