"""Boxes: their overlap, and those around the regions of a mask.

A box is top, left, bottom, right in pixels, half-open: (0, 0, 32, 32) covers a whole image of 32 × 32.
"""

import numpy as np


def iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union, float64; 0 where a box is empty.

    Args:
      boxes: (…, 4).
      others: (…, 4), whose leading axes broadcast with those of `boxes`.
    """
    boxes, others = np.asarray(boxes, np.float64), np.asarray(others, np.float64)
    starts = np.maximum(boxes[..., :2], others[..., :2])
    ends = np.minimum(boxes[..., 2:], others[..., 2:])
    common = np.prod(np.maximum(ends - starts, 0), axis=-1)
    union = _area(boxes) + _area(others) - common
    return np.divide(common, union, out=np.zeros_like(union), where=union > 0)


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.prod(np.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)


def regions(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The boxes of a mask's connected regions; pixels that touch at a corner are connected.

    Args:
      mask: bool (height, width).

    Returns:
      int32 (regions, 4), in the order of their first pixels; and the index of the region with the most pixels, the
      first one in a tie. A mask without pixels has one region, which is empty.
    """
    from scipy import ndimage

    labeled, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if count == 0:
        return np.zeros((1, 4), np.int32), 0
    return _boxes_of(labeled), int(np.bincount(labeled.ravel())[1:].argmax())


def holes(mask: np.ndarray) -> np.ndarray:
    """The boxes of the contours around a mask's holes, as OpenCV's `findContours` traces them.

    A hole is a background region, connected by sides, that doesn't touch the border of the mask. Its contour runs on
    the pixels of the mask around it, so its box is one pixel wider than the hole on each side.

    Args:
      mask: bool (height, width).

    Returns:
      int32 (holes, 4).
    """
    from scipy import ndimage

    labeled, count = ndimage.label(~mask)
    if count == 0:
        return np.zeros((0, 4), np.int32)
    boxes = _boxes_of(labeled) + np.array([-1, -1, 1, 1], np.int32)
    enclosed = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= mask.shape).all(axis=1)
    return boxes[enclosed]


def _boxes_of(labeled: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    parts = ndimage.find_objects(labeled)
    return np.array([(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in parts], np.int32)
