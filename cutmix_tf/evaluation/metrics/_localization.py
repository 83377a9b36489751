"""Weakly supervised localization: from class-activation maps to boxes, and how well these match the objects."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cutmix_tf._checks import check_number
from cutmix_tf.evaluation.metrics._boxes import holes, iou, regions
from cutmix_tf.evaluation.metrics._maps import scale_maps

SIGMA = 0.15  # CutMix, appendix B
LEVELS = (0.3, 0.5, 0.7)
THRESHOLDS = np.arange(100) / 100

ObjectBoxes = np.ndarray | Sequence[np.ndarray]
"""The boxes of objects: int (n, 4), one an image; or (n, k, 4), or n arrays (k, 4), with several objects an image."""


class Localization(NamedTuple):
    """How often an object is found, in percent.

    Attributes:
      top1: Top-1 Loc: the IoU exceeds one half, and the predicted class is correct.
      gt_known: GT-known Loc: the IoU exceeds one half, given the class.
      classified: The predicted class is correct.
    """

    top1: float
    gt_known: float
    classified: float


class BoxSweep(NamedTuple):
    """The IoU with the objects at each threshold of a sweep, the best one over the objects of an image.

    Attributes:
      thresholds: float64 (thresholds,), as fractions of a map's maximum.
      largest: float32 (thresholds, n), of the box of the largest region.
      best: float32 (thresholds, n), the best of all candidate boxes.
    """

    thresholds: np.ndarray
    largest: np.ndarray
    best: np.ndarray

    @property
    def max_box_acc(self) -> float:
        """MaxBoxAcc in percent: an IoU of at least one half, at the best threshold for all images together."""
        return 100 * float((self.largest >= 0.5).mean(axis=1).max())

    @property
    def max_box_acc_v2(self) -> float:
        """MaxBoxAccV2 in percent: the best candidate box, averaged over IoUs of at least 0.3, 0.5 and 0.7."""
        return float(np.mean(list(self.by_level.values())))

    @property
    def by_level(self) -> dict[float, float]:
        """The three parts of MaxBoxAccV2, each at its own best threshold."""
        return {level: 100 * float((self.best >= level).mean(axis=1).max()) for level in LEVELS}


def boxes_of_maps(maps: np.ndarray, sigma: float = SIGMA) -> np.ndarray:
    """The box around the largest region above sigma times a map's maximum: int32 (n, 4).

    Maps are first scaled to [0, 1] by their minimum and maximum, as in the evaluation code of Choe et al. (2020); the
    CutMix paper doesn't say whether it does so. A constant map has an empty box.

    Args:
      maps: (n, height, width), finite; of the images' size.
      sigma: In [0, 1]; 0.15 in the CutMix paper.

    Raises:
      ValueError: if a map is not finite, or sigma is out of range.
    """
    check_number("sigma", sigma, low=0, high=1)
    found = (regions(scaled > sigma) for scaled in scale_maps(maps))
    return np.stack([boxes[largest] for boxes, largest in found])


def localization(maps: np.ndarray, boxes: ObjectBoxes, correct: np.ndarray, sigma: float = SIGMA) -> Localization:
    """Top-1 Loc and GT-known Loc as in the CutMix paper, appendix B.

    Args:
      maps: (n, height, width), each of the image's true class; where the prediction is correct, it is the same class.
      boxes: Of the objects, see `ObjectBoxes`; with several in an image, the best IoU counts.
      correct: bool (n,), whether the predicted class is.
      sigma: As for `boxes_of_maps`.

    Raises:
      ValueError: as for `boxes_of_maps`, or if maps, boxes and predictions differ in number.
    """
    check_counts(maps, boxes, correct)
    found = boxes_of_maps(maps, sigma)
    hit = np.array([iou(box, own).max() > 0.5 for box, own in zip(found, _each(boxes), strict=True)])
    return Localization(*(100 * float(np.mean(part)) for part in (hit & correct, hit, correct)))


def box_sweep(maps: np.ndarray, boxes: ObjectBoxes, thresholds: np.ndarray = THRESHOLDS) -> BoxSweep:
    """IoUs for MaxBoxAcc and MaxBoxAccV2 (Choe et al. 2020), with the pixels strictly above each threshold.

    As in the authors' code, the contours of holes are candidate boxes for MaxBoxAccV2, too. Unlike there, boxes are
    half-open, regions are compared by their number of pixels, and maps are not rounded to bytes. Choosing the
    threshold on the test images themselves is part of the definition.

    Args:
      maps: (n, height, width), finite; of the true classes.
      boxes: Of the objects, see `ObjectBoxes`; with several in an image, the best IoU counts.
      thresholds: Fractions of each map's maximum, in [0, 1).

    Raises:
      ValueError: if a map is not finite, or maps and boxes differ in number.
    """
    check_counts(maps, boxes)
    largest, best = (np.empty((len(thresholds), len(maps)), np.float32) for _ in range(2))
    for index, (scaled, own) in enumerate(zip(scale_maps(maps), _each(boxes), strict=True)):
        for row, threshold in enumerate(thresholds):
            mask = scaled > threshold
            found, which = regions(mask)
            overlaps = iou(np.concatenate([found, holes(mask)])[:, None], own).max(axis=1)
            largest[row, index], best[row, index] = overlaps[which], overlaps.max()
    return BoxSweep(np.asarray(thresholds, np.float64), largest, best)


def _each(boxes: ObjectBoxes) -> Iterator[np.ndarray]:
    """The boxes of each image: (k, 4)."""
    return (np.asarray(own).reshape(-1, 4) for own in boxes)


def check_counts(maps: np.ndarray, boxes: ObjectBoxes, *others: np.ndarray) -> None:
    """Raises ValueError unless there are boxes, and a value of each other array, for each of at least one map."""
    fits = len(maps) > 0 and np.ndim(maps) == 3 and all(len(other) == len(maps) for other in (boxes, *others))
    shapes = {np.shape(own)[-1:] for own in boxes}
    empty = any(np.size(own) == 0 for own in boxes)
    if not fits or shapes != {(4,)} or empty:
        raise ValueError(
            f"Maps (n, height, width) need at least one box of 4 numbers for each of their n images; got "
            f"{len(boxes)} images with boxes, maps of shape {np.shape(maps)}"
            + "".join(f" and {len(other)} predictions" for other in others)
            + "."
        )
