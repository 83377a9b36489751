"""Whether a classifier's confidence tells strange pictures from those of its own kind.

Scores are the largest softmax probability, without temperature or perturbation (Hendrycks & Gimpel 2017); pictures of
the test set are the positives. Equal scores are always taken together, so that no order of the examples matters.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cutmix_tf._checks import check_choice, check_whole
from cutmix_tf.evaluation._accuracy import softmax

NOISES = ("uniform", "gaussian")


class Detection(NamedTuple):
    """How well scores tell inside from outside, in percent, higher is better.

    Attributes:
      tnr_at_tpr95: The share of outsiders below the largest threshold that at least 95 % of the insiders reach.
      auroc: The chance that an insider scores higher than an outsider, equal scores counting one half.
      detection_accuracy: The largest (TPR + TNR) / 2 over all thresholds.
      aupr_in: Average precision with insiders as positives.
      aupr_out: Average precision with outsiders as positives, which score low.
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
      inside: Scores of the test set's pictures (n,).
      outside: Scores of other pictures (m,); lower if they are told apart.

    Raises:
      ValueError: if either is empty, no vector, or not finite.
    """
    for name, scores in (("inside", inside), ("outside", outside)):
        if np.ndim(scores) != 1 or len(scores) == 0 or not np.isfinite(scores).all():
            raise ValueError(f"Scores of pictures {name} must be a vector of finite numbers; got {scores!r}.")
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


def average(rows: Sequence[Detection]) -> Detection:
    """The plain mean over several sets, as in the CutMix paper's Table 12.

    Raises:
      ValueError: if there are none.
    """
    if not rows:
        raise ValueError("An average needs at least one set; got none.")
    return Detection(*(float(np.mean(column)) for column in zip(*rows, strict=True)))


def _counts(positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many score at least t, for each distinct score t from above; from (0, 0) on."""
    thresholds = np.unique(np.concatenate([positive, negative]))[::-1]
    counts = (len(part) - np.searchsorted(np.sort(part), thresholds, side="left") for part in (positive, negative))
    true, false = (np.concatenate([[0], count]) for count in counts)
    return true, false


def _area_under(true: np.ndarray, false: np.ndarray) -> float:
    """The area under the curve of true over false, joined by straight lines: equal scores count one half."""
    return float(np.sum((false[1:] - false[:-1]) * (true[1:] + true[:-1]) / 2))


def _average_precision(true: np.ndarray, false: np.ndarray) -> float:
    """Σ precision · increase of recall, over distinct thresholds."""
    precision = true[1:] / (true[1:] + false[1:])
    return float(np.sum(precision * np.diff(true)) / true[-1])


def noise(kind: str, count: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Pictures of noise as in ODIN's code: float32 (count, *size, 3), pixels from 0 to 255.

    Args:
      kind: "uniform", each pixel and channel from U[0, 1]; "gaussian", from N(1/2, 1) cut off at 0 and 1. Times 255.
      count: At least 1.
      size: Height and width.
      seed: At least 0.

    Raises:
      ValueError, TypeError: if there is no such kind, or a number is out of its range.
    """
    check_choice("kind", kind, NOISES)
    check_whole("count", count, low=1)
    check_whole("seed", seed, low=0)
    draw, shape = np.random.Generator(np.random.Philox(int(seed))), (count, *size, 3)
    if kind == "uniform":
        return 255 * draw.random(shape, np.float32)
    return 255 * np.clip(0.5 + draw.standard_normal(shape, np.float32), 0, 1)
