"""Scores of images between two classes, by hand."""

import numpy as np
import pytest

from cutmix_tf.evaluation import metrics


def test_both_scores_by_hand():
    logits = np.log([[0.5, 0.2, 0.3], [0.1, 0.7, 0.2], [0.25, 0.25, 0.5]])
    scores = metrics.two_class_scores(logits, np.array([0, 0, 0]), np.array([1, 2, 1]))
    assert scores.either == pytest.approx(100 / 3)
    assert scores.neither == pytest.approx(100 * (0.3 + 0.7 + 0.5) / 3)


def test_labels_of_both_are_checked():
    for labels in ([0, 3], [3, 0]):
        with pytest.raises(ValueError, match=r"Labels must be in \[0, 3\)"):
            metrics.two_class_scores(np.zeros((1, 3)), *(np.array([label]) for label in labels))
