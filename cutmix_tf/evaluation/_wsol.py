"""Weakly supervised localization: from maps to boxes, and how well these match the object's.

Boxes are int, top, left, bottom, right in pixels, half-open: (0, 0, 32, 32) is all of a picture of 32 × 32.
"""

from typing import NamedTuple

import numpy as np

from cutmix_tf._checks import check_number
from cutmix_tf.evaluation._cam import scale_maps

SIGMA = 0.15  # CutMix, appendix B
LEVELS = (0.3, 0.5, 0.7)
THRESHOLDS = np.arange(100) / 100


class Localization(NamedTuple):
    """How often an object is found, in percent.

    Attributes:
      top1: Top-1 Loc: the box overlaps by more than one half, and the class is right.
      gt_known: The box overlaps by more than one half, the class being given.
      classified: The class is right.
    """

    top1: float
    gt_known: float
    classified: float


class BoxSweep(NamedTuple):
    """Overlaps at each threshold of a sweep.

    Attributes:
      thresholds: float64 (thresholds,), shares of a map's maximum.
      largest: float32 (thresholds, n), of the largest region's box with the object's.
      best: float32 (thresholds, n), the best of all regions' boxes.
    """

    thresholds: np.ndarray
    largest: np.ndarray
    best: np.ndarray

    @property
    def max_box_acc(self) -> float:
        """MaxBoxAcc in percent: an overlap of at least one half, at the best threshold for all pictures."""
        return 100 * float((self.largest >= 0.5).mean(axis=1).max())

    @property
    def max_box_acc_v2(self) -> float:
        """MaxBoxAccV2 in percent: the best of all regions, the mean over overlaps of at least 0.3, 0.5 and 0.7."""
        return float(np.mean(list(self.by_level.values())))

    @property
    def by_level(self) -> dict[float, float]:
        """The three parts of MaxBoxAccV2, each at its own best threshold."""
        return {level: 100 * float((self.best >= level).mean(axis=1).max()) for level in LEVELS}


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
    """The boxes of a mask's connected regions, pixels that touch at a corner included.

    Args:
      mask: bool (height, width).

    Returns:
      int32 (regions, 4), in the order of their first pixels; and the index of the region with the most pixels, the
      first of equal ones. A mask without pixels has one region, which is empty.
    """
    from scipy import ndimage

    labeled, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if count == 0:
        return np.zeros((1, 4), np.int32), 0
    boxes = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in ndimage.find_objects(labeled)]
    return np.array(boxes, np.int32), int(np.bincount(labeled.ravel())[1:].argmax())


def boxes_of_maps(maps: np.ndarray, sigma: float = SIGMA) -> np.ndarray:
    """The box around the largest region above sigma times a map's maximum: int32 (n, 4).

    Maps are scaled to [0, 1] by their least and largest value first, as in the evaluation code of Choe et al. (2020);
    the CutMix paper does not say whether it does so. A flat map has no region, and an empty box.

    Args:
      maps: (n, height, width), finite; of the pictures' size.
      sigma: From 0 to below 1; 0.15 in the CutMix paper.

    Raises:
      ValueError: if maps are not finite, or sigma is out of range.
    """
    check_number("sigma", sigma, low=0, high=1)
    found = (regions(scaled > sigma) for scaled in scale_maps(maps))
    return np.stack([boxes[largest] for boxes, largest in found])


def localization(maps: np.ndarray, boxes: np.ndarray, right: np.ndarray, sigma: float = SIGMA) -> Localization:
    """Top-1 Loc and GT-known Loc as in the CutMix paper, appendix B.

    Args:
      maps: (n, height, width), each of the picture's true class; where the prediction is right, it is the same.
      boxes: int (n, 4), the objects'.
      right: bool (n,), whether the prediction is.
      sigma: As for `boxes_of_maps`.

    Raises:
      ValueError: as for `boxes_of_maps`, or if there are not as many maps, boxes and predictions.
    """
    _check_counts(maps, boxes, right)
    found = iou(boxes_of_maps(maps, sigma), boxes) > 0.5
    return Localization(*(100 * float(np.mean(part)) for part in (found & right, found, right)))


def box_sweep(maps: np.ndarray, boxes: np.ndarray, thresholds: np.ndarray = THRESHOLDS) -> BoxSweep:
    """Overlaps for MaxBoxAcc and MaxBoxAccV2 (Choe et al. 2020), with pixels strictly above each threshold.

    Unlike the authors' code, boxes are half-open, regions are compared by their pixels, and maps are not rounded to
    bytes. Choosing the threshold on the test pictures themselves is part of the definition.

    Args:
      maps: (n, height, width), finite; of the true classes.
      boxes: int (n, 4), the objects'.
      thresholds: Shares of each map's maximum, in [0, 1).

    Raises:
      ValueError: if maps are not finite, or there are not as many maps as boxes.
    """
    _check_counts(maps, boxes, boxes)
    largest, best = (np.empty((len(thresholds), len(maps)), np.float32) for _ in range(2))
    for index, (scaled, box) in enumerate(zip(scale_maps(maps), boxes, strict=True)):
        for row, threshold in enumerate(thresholds):
            found, which = regions(scaled > threshold)
            overlaps = iou(found, box)
            largest[row, index], best[row, index] = overlaps[which], overlaps.max()
    return BoxSweep(np.asarray(thresholds, np.float64), largest, best)


def _check_counts(maps: np.ndarray, boxes: np.ndarray, right: np.ndarray) -> None:
    count = len(maps)
    if count == 0 or maps.ndim != 3 or boxes.shape != (count, 4) or len(right) != count:
        raise ValueError(
            f"Maps (n, height, width) and boxes (n, 4) of as many pictures are needed; got {maps.shape}, "
            f"{boxes.shape} and {len(right)} predictions."
        )
