"""Whether probabilities can be trusted: the reliability diagram and the expected calibration error."""

from typing import NamedTuple

import numpy as np

from cutmix_tf._checks import check_whole
from cutmix_tf.evaluation.metrics._accuracy import check_logits, softmax


class Reliability(NamedTuple):
    """Predictions in bins of equal width by confidence, the largest probability.

    Attributes:
      edges: float64 (bins + 1,), from 0 to 1; a bin includes its upper edge and excludes its lower one.
      counts: int64 (bins,), the number of predictions.
      confidence: float64 (bins,), their mean confidence; 0 in an empty bin.
      accuracy: float64 (bins,), the fraction that is correct; 0 in an empty bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def expected_error(self) -> float:
        """ECE: Σ count/n · |accuracy − confidence|, in percent (Guo et al. 2017, equation 3)."""
        gaps = np.abs(self.accuracy - self.confidence)
        return 100 * float(np.sum(self.counts * gaps) / self.counts.sum())


def reliability(logits: np.ndarray, labels: np.ndarray, bins: int = 15) -> Reliability:
    """The data of a reliability diagram.

    Args:
      logits: (n, classes).
      labels: int (n,).
      bins: At least 1; 15 is customary.

    Raises:
      ValueError: as for `top_k_error`, or if bins is below 1.
    """
    check_logits(logits, labels)
    check_whole("bins", bins, low=1)
    confidence = np.minimum(softmax(logits).max(axis=1), 1.0)  # rounding may exceed 1 by one bit
    correct = logits.argmax(axis=1) == labels
    edges = np.arange(bins + 1) / bins
    bin_of = np.searchsorted(edges, confidence, side="left") - 1
    counts = np.bincount(bin_of, minlength=bins)
    sums = (np.bincount(bin_of, weights=values, minlength=bins) for values in (confidence, correct))
    means = (np.divide(total, counts, out=np.zeros(bins), where=counts > 0) for total in sums)
    return Reliability(edges, counts, *means)


def expected_calibration_error(logits: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """ECE in percent, over bins of equal width. See `reliability`."""
    return reliability(logits, labels, bins).expected_error
