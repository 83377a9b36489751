"""Errors and scores of logits, against cases worked out by hand and against SciPy."""

import numpy as np
import pytest
from scipy import special

from cutmix_tf.evaluation import metrics


def logits_of(probabilities):
    return np.log(np.asarray(probabilities, np.float64))


def test_top_k_error_by_hand():
    logits = np.array([[3, 2, 1, 0], [0, 3, 2, 1], [1, 0, 3, 2], [2, 1, 0, 3]], np.float32)
    labels = np.array([0, 2, 0, 2])  # ranks 1, 2, 3 and 4
    assert [metrics.top_k_error(logits, labels, k) for k in (1, 2, 3, 4)] == [75, 50, 25, 0]


def test_ties_rank_by_class_id_so_a_constant_model_is_not_rewarded():
    labels = np.arange(10)
    assert [metrics.top_k_error(np.zeros((10, 10)), labels, k) for k in (1, 5, 10)] == [90, 50, 0]


def test_likelihood_and_brier_score_by_hand():
    logits = logits_of([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    labels = np.array([0, 2])
    assert metrics.negative_log_likelihood(logits, labels) == pytest.approx((np.log(2) + np.log(10)) / 2)
    brier = (0.25 + 2 * 0.0625 + 0.01 + 0.64 + 0.81) / 2
    assert metrics.brier_score(logits, labels) == pytest.approx(brier)
    assert metrics.brier_score(1000 * np.eye(3), np.array([1, 2, 0])) == pytest.approx(2)
    assert metrics.brier_score(1000 * np.eye(3), np.arange(3)) == 0


def test_softmax_agrees_with_scipy_and_does_not_overflow():
    logits = 1000 * np.random.default_rng(0).normal(size=(50, 7))
    np.testing.assert_allclose(metrics.softmax(logits), special.softmax(logits, axis=1), atol=1e-12)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (np.zeros((3, 2)), np.zeros(2, int), r"Logits \(n, classes\) and labels \(n,\) must be given"),
        (np.zeros((0, 2)), np.zeros(0, int), "for at least one image"),
        (np.zeros((2, 2)), np.array([0, 2]), r"Labels must be in \[0, 2\); got 0 to 2"),
        (np.array([[0, np.nan]]), np.array([0]), "must be finite"),
    ],
)
def test_logits_that_do_not_fit_are_refused(logits, labels, message):
    scores = metrics.top_k_error, metrics.negative_log_likelihood, metrics.brier_score
    for score in (*scores, metrics.expected_calibration_error):
        with pytest.raises(ValueError, match=message):
            score(logits, labels)


def test_k_beyond_the_classes_is_refused():
    with pytest.raises(ValueError, match="k must be at least 1 and at most 2"):
        metrics.top_k_error(np.zeros((1, 2)), np.array([0]), k=3)
