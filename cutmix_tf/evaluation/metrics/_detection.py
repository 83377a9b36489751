"""Out-of-distribution detection by a classifier's confidence.

The score of an image is its largest softmax probability, without temperature or perturbation (Hendrycks & Gimpel
2017); images of the test set are the positives. Equal scores always share a threshold, so the order of the examples
doesn't matter.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cutmix_tf.evaluation.metrics._accuracy import softmax


class Detection(NamedTuple):
    """How well scores separate in-distribution from out-of-distribution images, in percent, higher is better.

    Attributes:
      tnr_at_tpr95: The fraction of OOD images below the largest threshold that at least 95 % of the in-distribution
        images reach.
      auroc: The probability that an in-distribution image scores higher than an OOD image; ties count one half.
      detection_accuracy: The largest (TPR + TNR) / 2 over all thresholds.
      aupr_in: Average precision with the in-distribution images as positives.
      aupr_out: Average precision with the OOD images as positives, which should score low.
    """

    tnr_at_tpr95: float
    auroc: float
    detection_accuracy: float
    aupr_in: float
    aupr_out: float


def max_softmax(logits: np.ndarray) -> np.ndarray:
    """The largest probability of each row: float64 (n,)."""
    return softmax(logits).max(axis=1)


def detection(inside: np.ndarray, outside: np.ndarray) -> Detection:
    """All metrics of out-of-distribution detection.

    Args:
      inside: Scores of the test images (n,).
      outside: Scores of OOD images (m,); lower where the detection works.

    Raises:
      ValueError: if either is empty, not a vector, or not finite.
    """
    for name, scores in (("inside", inside), ("outside", outside)):
        if np.ndim(scores) != 1 or len(scores) == 0 or not np.isfinite(scores).all():
            raise ValueError(f"{name} must be a vector of finite scores; got {scores!r}.")
    inside, outside = np.asarray(inside, np.float64), np.asarray(outside, np.float64)
    true, false = _counts(inside, outside)
    true_rate, false_rate = true / len(inside), false / len(outside)
    parts = (
        1 - false_rate[np.argmax(100 * true >= 95 * len(inside))],
        _area_under(true_rate, false_rate),
        np.max(true_rate + 1 - false_rate) / 2,
        _average_precision(true, false),
        _average_precision(*_counts(-outside, -inside)),
    )
    return Detection(*(100 * float(part) for part in parts))


def mean_detection(rows: Sequence[Detection]) -> Detection:
    """The plain mean over several OOD sets, as in the CutMix paper's Table 12.

    Raises:
      ValueError: if there are none.
    """
    if not rows:
        raise ValueError("A mean needs the results of at least one OOD set; got none.")
    return Detection(*(float(np.mean(column)) for column in zip(*rows, strict=True)))


def _counts(positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many scores are at least t, for each distinct score t in decreasing order; starts with (0, 0)."""
    thresholds = np.unique(np.concatenate([positive, negative]))[::-1]
    counts = (len(part) - np.searchsorted(np.sort(part), thresholds, side="left") for part in (positive, negative))
    true, false = (np.concatenate([[0], count]) for count in counts)
    return true, false


def _area_under(true: np.ndarray, false: np.ndarray) -> float:
    """The area under the curve of true over false by the trapezoidal rule, so that ties count one half."""
    return float(np.sum((false[1:] - false[:-1]) * (true[1:] + true[:-1]) / 2))


def _average_precision(true: np.ndarray, false: np.ndarray) -> float:
    """Σ precision · increase of recall, over distinct thresholds."""
    precision = true[1:] / (true[1:] + false[1:])
    return float(np.sum(precision * np.diff(true)) / true[-1])
