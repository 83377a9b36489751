"""Encoded images as pixels. What a JPEG, a PNG or a still GIF holds comes as RGB."""

import tensorflow as tf

# TensorFlow's default, a fast approximate transform, darkens red and blue by about 1.
_TRANSFORM = "INTEGER_ACCURATE"


def decode(encoded) -> tf.Tensor:
    """A JPEG, PNG or still GIF as uint8 (height, width, 3); gray becomes RGB, transparency is dropped.

    Args:
      encoded: string scalar.

    Raises:
      tf.errors.InvalidArgumentError: when it runs, if the content is damaged or of another format.
    """
    return tf.io.decode_jpeg(encoded, channels=3, dct_method=_TRANSFORM)  # decodes all three formats


def decode_part(jpeg, box) -> tf.Tensor:
    """A part of a JPEG as uint8 (height, width, 3), without decoding the rest.

    Args:
      jpeg: string scalar.
      box: int32 (4,): top, left, height and width of the part.

    Raises:
      tf.errors.InvalidArgumentError: when it runs, if the content is damaged, or the box is not inside the image.
    """
    return tf.image.decode_and_crop_jpeg(jpeg, box, channels=3, dct_method=_TRANSFORM)
