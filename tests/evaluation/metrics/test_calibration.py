"""Calibration, against cases worked out by hand and against a loop over bins."""

import numpy as np
import pytest
from scipy import special

from cutmix_tf.evaluation import metrics


def logits_of(probabilities):
    return np.log(np.asarray(probabilities, np.float64))


def test_calibration_error_by_hand():
    """Three predictions at 0.9, two of them correct; one at 0.4, wrong: 3/4 · |2/3 − 0.9| + 1/4 · |0 − 0.4|."""
    logits = logits_of([[0.9, 0.05, 0.05]] * 3 + [[0.4, 0.3, 0.3]])
    labels = np.array([0, 0, 1, 1])
    bins = metrics.reliability(logits, labels, bins=2)
    assert bins.counts.tolist() == [1, 3]
    np.testing.assert_allclose(bins.confidence, [0.4, 0.9])
    np.testing.assert_allclose(bins.accuracy, [0, 2 / 3])
    assert bins.expected_error == pytest.approx(100 * (0.75 * (0.9 - 2 / 3) + 0.25 * 0.4))


def test_a_bin_includes_its_upper_edge():
    logits = logits_of([[0.2, 0.2, 0.2, 0.2, 0.2], [0.4, 0.3, 0.1, 0.1, 0.1], [1 - 4e-300, *[1e-300] * 4]])
    counts = metrics.reliability(logits, np.zeros(3, int), bins=5).counts
    assert counts.tolist() == [1, 1, 0, 0, 1]


def test_perfect_calibration_and_its_opposite():
    sure = 1000 * np.eye(4)
    assert metrics.expected_calibration_error(sure, np.arange(4)) == 0
    assert metrics.expected_calibration_error(sure, (np.arange(4) + 1) % 4) == 100
    even = np.zeros((4, 4))  # predicts 1/4, is correct in one of four
    assert metrics.expected_calibration_error(even, np.arange(4)) == pytest.approx(0, abs=1e-9)


def test_calibration_error_agrees_with_a_loop_over_bins():
    draw = np.random.default_rng(0)
    logits, labels = 2 * draw.normal(size=(500, 6)), draw.integers(6, size=500)
    confidence = special.softmax(logits, axis=1).max(axis=1)
    correct = logits.argmax(axis=1) == labels
    expected = 0.0
    for k in range(15):
        inside = (confidence > k / 15) & (confidence <= (k + 1) / 15)
        if inside.any():
            expected += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert metrics.expected_calibration_error(logits, labels) == pytest.approx(100 * expected)
