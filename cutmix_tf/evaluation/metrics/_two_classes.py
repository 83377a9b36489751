"""Whether a classifier recognizes either of the two classes in an image between them."""

from typing import NamedTuple

import numpy as np

from cutmix_tf.evaluation.metrics._accuracy import check_logits, softmax


class TwoClassScores(NamedTuple):
    """What a classifier predicts for images between two classes, in percent.

    Attributes:
      either: How often the predicted class is one of the two: the top-1 accuracy of the CutMix paper's appendix.
      neither: The mean probability of all other classes together: the paper's Figure 5b.
    """

    either: float
    neither: float


def two_class_scores(logits: np.ndarray, labels: np.ndarray, other_labels: np.ndarray) -> TwoClassScores:
    """Both scores of images between two classes.

    Args:
      logits: (n, classes).
      labels: int (n,), the class of one image of each pair.
      other_labels: int (n,), the class of the other one.

    Raises:
      ValueError: as for `top_k_error`.
    """
    check_logits(logits, labels)
    check_logits(logits, other_labels)
    predicted, classes = logits.argmax(axis=1), np.arange(logits.shape[1])
    others = (classes != labels[:, None]) & (classes != other_labels[:, None])
    either = np.mean((predicted == labels) | (predicted == other_labels))
    return TwoClassScores(100 * float(either), 100 * float(np.sum(softmax(logits) * others, axis=1).mean()))
