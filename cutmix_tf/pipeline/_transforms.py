"""Transforms of whole batches that keep pixels as they are: shifted crop and flip; and normalization."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from cutmix_tf._random import child_seeds, coins, random_bits, uniform_integers


class Geometry(NamedTuple):
    """How each picture of a batch is moved.

    Attributes:
      offsets: int32 (batch, 2), the row and column of the old picture at which the new one begins.
      flips: bool (batch,), whether the new picture is then mirrored left to right.
    """

    offsets: tf.Tensor
    flips: tf.Tensor


def sample_crop_flip(batch, padding: int, seed, flip: bool = True) -> Geometry:
    """Draws random crops after padding by `padding` pixels on each side, and mirrors half of them.

    Args:
      batch: number of pictures.
      padding: the crop begins at -padding to padding, each equally likely; 0 for no crop.
      seed: two integers.
      flip: whether to mirror at all.
    """
    crop_seed, flip_seed = child_seeds(seed, 2)
    offsets = uniform_integers(random_bits(crop_seed, [batch, 2]), 2 * padding + 1) - padding
    return Geometry(offsets, coins(random_bits(flip_seed, [batch]), 0.5 if flip else 0.0))


def apply_geometry(images, geometry: Geometry) -> tf.Tensor:
    """Moves each picture; what comes from outside of it is 0. Values are copied bit for bit.

    Args:
      images: (batch, height, width) or (batch, height, width, channels), of any dtype: images, masks, maps.
      geometry: as drawn by `sample_crop_flip`.

    Returns:
      The moved pictures, of the same shape and dtype.
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


def normalize(images, mean: Sequence[float], std: Sequence[float], dtype=tf.float32) -> tf.Tensor:
    """(images - mean) / std in float32, then cast to `dtype`.

    Args:
      images: (batch, height, width, channels), any number dtype, in pixel units from 0 to 255.
      mean: of each channel, in the same units.
      std: of each channel.
      dtype: of the result.
    """
    centerd = tf.cast(images, tf.float32) - tf.constant(mean, tf.float32)
    return tf.cast(centerd * (1 / tf.constant(std, tf.float32)), dtype)
