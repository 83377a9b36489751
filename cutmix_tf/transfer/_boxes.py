"""Boxes and how they move with their images: resize, pad, flip and clip.

A box is top, left, bottom, right in pixels, half-open: (0, 0, height, width) is the whole image, and a box's area is
(bottom - top) · (right - left). Images and boxes go through the same functions here, so that they can't disagree.
"""

from typing import NamedTuple

import tensorflow as tf


class Placement(NamedTuple):
    """Where an image lies on a canvas.

    Attributes:
      sides: int32 (2,), the image's own height and width.
      size: int32 (2,), its height and width on the canvas.
      offset: int32 (2,), top and left of it on the canvas.
    """

    sides: tf.Tensor
    size: tf.Tensor
    offset: tf.Tensor


def place(sides, canvas) -> Placement:
    """Places an image in the middle of a canvas, as large as fits, its aspect ratio kept up to rounding.

    Args:
      sides: int32 (2,), the image's height and width, at least 1.
      canvas: int32 (2,), the canvas's height and width.
    """
    sides, canvas = tf.convert_to_tensor(sides, tf.int32), tf.convert_to_tensor(canvas, tf.int32)
    scale = tf.reduce_min(canvas / sides)
    size = tf.cast(tf.round(tf.cast(sides, tf.float64) * scale), tf.int32)
    size = tf.clip_by_value(size, 1, canvas)
    return Placement(sides, size, (canvas - size) // 2)


def place_image(image, placement: Placement, canvas) -> tf.Tensor:
    """An image on its canvas, black around it: float32 (*canvas, 3).

    Args:
      image: (height, width, 3), any number dtype, pixels in [0, 255].
      placement: From `place`.
      canvas: (2,), the canvas's height and width.

    Returns:
      float32 pixels in [0, 255]; bilinear with antialiasing.
    """
    resized = tf.image.resize(image, placement.size, antialias=True)
    top, left = tf.unstack(placement.offset)
    return tf.image.pad_to_bounding_box(resized, top, left, canvas[0], canvas[1])


def place_boxes(boxes, placement: Placement) -> tf.Tensor:
    """An image's boxes on its canvas: float32 (n, 4)."""
    boxes = tf.cast(boxes, tf.float32)
    return boxes * _twice(placement.size) / _twice(placement.sides) + _twice(placement.offset)


def restore_boxes(boxes, placement: Placement) -> tf.Tensor:
    """The inverse of `place_boxes`, clipped to the image: float32 (n, 4)."""
    boxes = (tf.cast(boxes, tf.float32) - _twice(placement.offset)) * _twice(placement.sides) / _twice(placement.size)
    return clip_boxes(boxes, placement.sides)


def flip_image(image) -> tf.Tensor:
    """An image mirrored left to right."""
    return tf.reverse(image, axis=[1])


def flip_boxes(boxes, width) -> tf.Tensor:
    """The boxes of an image that was mirrored left to right: float32 (n, 4).

    Args:
      boxes: (n, 4).
      width: Of the image, in pixels.
    """
    top, left, bottom, right = tf.unstack(tf.cast(boxes, tf.float32), axis=1)
    width = tf.cast(width, tf.float32)
    return tf.stack([top, width - right, bottom, width - left], axis=1)


def clip_boxes(boxes, sides) -> tf.Tensor:
    """The parts of boxes inside the image, float32 (n, 4); of a box outside of it, one without area at the edge."""
    return tf.clip_by_value(tf.cast(boxes, tf.float32), 0.0, _twice(sides))


def areas(boxes) -> tf.Tensor:
    """The area of each box, float32 (n,); 0 where bottom ≤ top or right ≤ left."""
    top, left, bottom, right = tf.unstack(tf.cast(boxes, tf.float32), axis=1)
    return tf.maximum(bottom - top, 0.0) * tf.maximum(right - left, 0.0)


def _twice(pair) -> tf.Tensor:
    """A pair of height and width, for the four sides of boxes: float32 (4,)."""
    return tf.cast(tf.tile(pair, [2]), tf.float32)
