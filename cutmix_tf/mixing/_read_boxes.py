"""The bounding boxes of an element: Keras' dict of boxes and labels."""

from typing import Any

import tensorflow as tf

from cutmix_tf._tensors import as_tensor
from cutmix_tf.mixing._bounding_boxes import BoundingBoxes
from cutmix_tf.mixing._box_formats import to_corners
from cutmix_tf.mixing._guard import guarded

_NEED = "bounding_boxes must be {'boxes': floats (batch, n, 4), 'labels': (batch, n)}"


def read_boxes(given: Any, images: tf.Tensor, box_format: str) -> BoundingBoxes:
    """The boxes and their labels as checked tensors.

    Args:
      given: {"boxes": float32 or float64 (batch, n, 4), "labels": signed integers or floats (batch, n)}, where the
        label -1 marks a row without a box.
      images: (batch, height, width, channels).
      box_format: One of `BOX_FORMATS`.

    Raises:
      ValueError, TypeError: for anything else, at trace time.
      tf.errors.InvalidArgumentError: at run time, for labels below -1, and boxes that are not finite or end before
        they begin.
    """
    if not isinstance(given, dict) or given.keys() != {"boxes", "labels"}:
        got = f"the keys {', '.join(map(repr, given))}" if isinstance(given, dict) else f"{type(given).__name__}"
        hint = " keras-cv's 'classes' are called 'labels' here." if got.endswith("'classes'") else ""
        raise ValueError(f"{_NEED}, as for Keras' own layers; got {got}.{hint}")
    boxes, labels = (as_tensor(f"bounding_boxes[{key!r}]", given[key]) for key in ("boxes", "labels"))
    _check_shapes(boxes, labels, images)
    if boxes.dtype not in (tf.float32, tf.float64):
        raise TypeError(
            f"Boxes must be float32 or float64, to hold fractions of pixels; got {boxes.dtype.name}. Cast them."
        )
    if not (labels.dtype.is_floating or (labels.dtype.is_integer and not labels.dtype.is_unsigned)):
        raise TypeError(
            f"The labels of boxes must be numbers that can be -1; got {labels.dtype.name}. Cast them to int32."
        )
    return _checked_values(boxes, labels, box_format)


def _check_shapes(boxes: tf.Tensor, labels: tf.Tensor, images: tf.Tensor) -> None:
    """Raises ValueError unless there is one label for each box of each image."""
    if images.shape.rank != 4:
        raise ValueError(f"Bounding boxes describe images; got videos {images.shape}. Mix images, or leave boxes out.")
    shapes = boxes.shape.rank == 3 and labels.shape.rank == 2 and boxes.shape[2] in (4, None)
    if not (shapes and boxes.shape[:2].is_compatible_with(labels.shape)):
        raise ValueError(
            f"{_NEED}, one label for each box; got boxes {boxes.shape} and labels {labels.shape}. Images with fewer "
            "boxes than others have rows of -1, such as boxes.to_tensor(-1) writes."
        )


def _checked_values(boxes: tf.Tensor, labels: tf.Tensor, box_format: str) -> BoundingBoxes:
    message = "There must be as many labels as boxes."
    expected = tf.concat([tf.shape(labels), [4]], axis=0)
    boxes = guarded(boxes, tf.reduce_all(tf.shape(boxes) == expected), message, tf.shape(boxes))
    boxes = tf.ensure_shape(boxes, [None, None, 4])
    message = "The labels of boxes must be class ids, or -1 in rows without a box."
    labels = guarded(labels, tf.reduce_all(labels >= -1), message, labels)
    top, left, bottom, right = tf.unstack(to_corners(boxes, box_format), axis=-1)
    fits = (top <= bottom) & (left <= right) & tf.math.is_finite(bottom - top) & tf.math.is_finite(right - left)
    message = (
        f"Boxes in the format {box_format!r} must be finite, and must not end before they begin. Is that their format? "
        "If not, pass another, such as bounding_box_format='xywh'."
    )
    return BoundingBoxes(guarded(boxes, tf.reduce_all(fits | (labels == -1)), message, boxes), labels)
