"""Keras' formats of bounding boxes, and how they are read and written in pixels."""

import tensorflow as tf

BOX_FORMATS = (
    *("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw"),
    *("rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"),
)
"""The names of `keras.utils.bounding_boxes.convert_format`: corners, or one point and a size; `rel_` is divided by the
image's width and height."""


def to_corners(boxes: tf.Tensor, box_format: str) -> tf.Tensor:
    """Boxes (…, 4) of that format as top, left, bottom, right in its own unit, pixels or images: float64."""
    first, second = tf.split(tf.cast(boxes, tf.float64), 2, axis=-1)
    if _is_x_first(box_format):
        first, second = tf.reverse(first, [-1]), tf.reverse(second, [-1])
    if _has_size(box_format):
        first = first - second / 2 if "center" in box_format else first
        second = first + second
    return tf.concat([first, second], axis=-1)


def from_corners(corners: tf.Tensor, box_format: str, dtype: tf.DType) -> tf.Tensor:
    """The inverse of `to_corners`, in that dtype."""
    first, second = tf.split(corners, 2, axis=-1)
    if _has_size(box_format):
        size = second - first
        first, second = (first + second) / 2 if "center" in box_format else first, size
    if _is_x_first(box_format):
        first, second = tf.reverse(first, [-1]), tf.reverse(second, [-1])
    return tf.cast(tf.concat([first, second], axis=-1), dtype)


def unit_of(box_format: str, height, width) -> tf.Tensor:
    """How many pixels one unit of top, left, bottom and right is: float64 (4,)."""
    sides = tf.stack([height, width, height, width])
    return tf.cast(sides if box_format.startswith("rel_") else tf.ones_like(sides), tf.float64)


def _is_x_first(box_format: str) -> bool:
    return box_format.removeprefix("rel_").removeprefix("center_").startswith("x")


def _has_size(box_format: str) -> bool:
    return box_format.endswith(("wh", "hw"))
