"""Out-of-distribution detection, against cases worked out by hand, independent definitions and the paper's table."""

import numpy as np
import pytest
from scipy import stats

from cutmix_tf.evaluation import metrics


def test_detection_by_hand():
    """Scores 4, 3, 1 inside and 2, 0 outside: five of six pairs are in order."""
    scores = metrics.detection(np.array([4.0, 3, 1]), np.array([2.0, 0]))
    assert scores.auroc == pytest.approx(100 * 5 / 6)
    assert scores.tnr_at_tpr95 == pytest.approx(50)  # all three inside reach 1, one outside does
    assert scores.detection_accuracy == pytest.approx(100 * (2 / 3 + 1) / 2)  # at 3
    assert scores.aupr_in == pytest.approx(100 * (1 / 3) * (1 + 1 + 3 / 4))
    assert scores.aupr_out == pytest.approx(100 * (1 / 2) * (1 + 2 / 3))  # those outside, 0 and 2, rank first and third


def test_complete_separation_and_complete_reversal():
    high, low = np.array([3.0, 4]), np.array([1.0, 2])
    assert metrics.detection(high, low) == (100, 100, 100, 100, 100)
    worst = metrics.detection(low, high)
    assert worst.auroc == worst.tnr_at_tpr95 == 0
    assert worst.detection_accuracy == 50


def test_equal_scores_share_a_threshold():
    """A model with the same score for every image knows nothing, whatever the order of the images."""
    same = metrics.detection(np.ones(30), np.ones(10))
    assert same.auroc == same.detection_accuracy == pytest.approx(50)
    assert same.tnr_at_tpr95 == 0
    assert (same.aupr_in, same.aupr_out) == (75, 25)


def test_five_in_a_hundred_may_be_missed():
    inside, outside = np.arange(100.0), np.array([4.0, 4.5, 5, 6])
    assert metrics.detection(inside, outside).tnr_at_tpr95 == 50  # at threshold 5: 95 inside, two outside


@pytest.mark.parametrize("levels", [5, 10**6], ids=["ties", "distinct"])
def test_detection_agrees_with_independent_definitions(levels):
    draw = np.random.default_rng(1)
    inside = np.floor(levels * draw.beta(4, 2, 300)) / levels
    outside = np.floor(levels * draw.beta(2, 2, 200)) / levels
    scores = metrics.detection(inside, outside)
    u = stats.mannwhitneyu(inside, outside).statistic
    assert scores.auroc == pytest.approx(100 * u / (300 * 200))
    every = np.unique(np.concatenate([inside, outside, [2.0]]))
    rates = [((inside >= t).mean(), (outside < t).mean()) for t in every]
    assert scores.detection_accuracy == pytest.approx(100 * max((tpr + tnr) / 2 for tpr, tnr in rates))
    assert scores.tnr_at_tpr95 == pytest.approx(100 * max(tnr for tpr, tnr in rates if tpr >= 0.95))
    for positive, negative, got in ((inside, outside, scores.aupr_in), (-outside, -inside, scores.aupr_out)):
        precision = [(positive >= t).sum() / ((positive >= t).sum() + (negative >= t).sum()) for t in positive]
        assert got == pytest.approx(100 * np.mean(precision))  # average precision: its mean over the positives


def test_detection_agrees_with_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(2)
    inside, outside = np.round(draw.normal(1, 1, 300), 1), np.round(draw.normal(0, 1, 200), 1)
    truth, both = np.repeat([1, 0], [300, 200]), np.concatenate([inside, outside])
    scores = metrics.detection(inside, outside)
    assert scores.auroc == pytest.approx(100 * sklearn.roc_auc_score(truth, both))
    assert scores.aupr_in == pytest.approx(100 * sklearn.average_precision_score(truth, both))
    assert scores.aupr_out == pytest.approx(100 * sklearn.average_precision_score(1 - truth, -both))


PER_SET = {  # TNR at TPR 95, AUROC, detection accuracy for each of seven sets: the CutMix paper's appendix
    "baseline": "43.0/88.9/81.3 29.8/84.2/77.0 34.6/86.5/79.5 34.3/86.4/79.0 32.0/85.1/77.8 0.0/89.2/89.2 "
    "10.4/90.7/89.9",
    "Mixup": "22.6/71.6/69.8 12.3/56.8/61.0 22.9/76.3/72.3 13.0/59.0/61.8 11.8/57.0/61.0 0.0/0.8/50.0 0.0/23.4/50.5",
    "Cutout": "30.5/85.6/79.0 22.0/82.8/77.1 33.2/85.7/78.5 23.7/84.0/78.4 22.2/82.8/76.8 0.0/35.6/59.1 0.0/24.3/50.0",
    "CutMix": "57.1/92.4/85.0 55.4/91.9/84.5 47.6/90.3/82.8 62.8/93.7/86.7 60.1/93.0/85.7 100.0/99.8/99.7 "
    "100.0/99.7/99.0",
}
TABLE_12 = {"baseline": (26.3, 87.3, 82.0), "Mixup": (11.8, 49.3, 60.9), "Cutout": (18.8, 68.7, 71.3)}
TABLE_12 |= {"CutMix": (69.0, 94.4, 89.1)}


@pytest.mark.parametrize("method", PER_SET)
def test_averages_over_sets_are_those_of_the_papers_table_12(method):
    rows = [metrics.Detection(*map(float, row.split("/")), 0.0, 0.0) for row in PER_SET[method].split()]
    assert len(rows) == 7
    np.testing.assert_allclose(metrics.mean_detection(rows)[:3], TABLE_12[method], atol=0.0501)


@pytest.mark.parametrize("bad", [np.array([]), np.array([0.5, np.nan]), np.zeros((2, 2))])
def test_bad_scores_are_refused(bad):
    for pair in ((bad, np.ones(2)), (np.ones(2), bad)):
        with pytest.raises(ValueError, match="must be a vector of finite scores"):
            metrics.detection(*pair)
    with pytest.raises(ValueError, match="at least one OOD set"):
        metrics.mean_detection([])


def test_confidences_close_to_one_remain_distinguishable():
    """In float32 both probabilities would be 1."""
    lower, higher = metrics.max_softmax(np.array([[20.0, 0], [25, 0]], np.float32))
    assert lower < higher < 1
