"""Accuracy, calibration and out-of-distribution scores, against cases worked out by hand and against SciPy."""

import numpy as np
import pytest
from scipy import special, stats

from cutmix_tf import evaluation as ev

PERCENT = 1e-9


def draws(seed=0):
    return np.random.default_rng(seed)


def logits_of(probabilities):
    return np.log(np.asarray(probabilities, np.float64))


# ---- accuracy ----


def test_top_k_error_by_hand():
    logits = np.array([[3, 2, 1, 0], [0, 3, 2, 1], [1, 0, 3, 2], [2, 1, 0, 3]], np.float32)
    labels = np.array([0, 2, 0, 2])  # ranks 1, 2, 3 and 4
    assert [ev.top_k_error(logits, labels, k) for k in (1, 2, 3, 4)] == [75, 50, 25, 0]


def test_equal_scores_rank_by_index_so_that_a_constant_network_is_no_good():
    labels = np.arange(10)
    assert [ev.top_k_error(np.zeros((10, 10)), labels, k) for k in (1, 5, 10)] == [90, 50, 0]


def test_likelihood_and_brier_score_by_hand():
    logits = logits_of([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    labels = np.array([0, 2])
    assert ev.negative_log_likelihood(logits, labels) == pytest.approx((np.log(2) + np.log(10)) / 2)
    brier = (0.25 + 2 * 0.0625 + 0.01 + 0.64 + 0.81) / 2
    assert ev.brier_score(logits, labels) == pytest.approx(brier)
    assert ev.brier_score(1000 * np.eye(3), np.array([1, 2, 0])) == pytest.approx(2)
    assert ev.brier_score(1000 * np.eye(3), np.arange(3)) == 0


def test_softmax_is_scipys_and_does_not_overflow():
    logits = 1000 * draws().normal(size=(50, 7))
    np.testing.assert_allclose(ev.softmax(logits), special.softmax(logits, axis=1), atol=1e-12)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (np.zeros((3, 2)), np.zeros(2, int), r"Scores \(n, classes\) and labels"),
        (np.zeros((0, 2)), np.zeros(0, int), r"Scores \(n, classes\) and labels"),
        (np.zeros((2, 2)), np.array([0, 2]), r"Labels must be in \[0, 2\); got 0 to 2"),
        (np.array([[0, np.nan]]), np.array([0]), "must be finite"),
    ],
)
def test_scores_that_do_not_fit_are_refused(logits, labels, message):
    for score in (ev.top_k_error, ev.negative_log_likelihood, ev.brier_score, ev.expected_calibration_error):
        with pytest.raises(ValueError, match=message):
            score(logits, labels)


def test_more_places_than_classes_are_refused():
    with pytest.raises(ValueError, match="k must be at least 1 and at most 2"):
        ev.top_k_error(np.zeros((1, 2)), np.array([0]), k=3)


# ---- calibration ----


def test_calibration_error_by_hand():
    """Two bins: three examples at 0.9, two of them right; one at 0.4, wrong: 3/4 · |2/3 − 0.9| + 1/4 · |0 − 0.4|."""
    logits = logits_of([[0.9, 0.05, 0.05]] * 3 + [[0.4, 0.3, 0.3]])
    labels = np.array([0, 0, 1, 1])
    bins = ev.reliability(logits, labels, bins=2)
    assert bins.counts.tolist() == [1, 3]
    np.testing.assert_allclose(bins.confidence, [0.4, 0.9])
    np.testing.assert_allclose(bins.accuracy, [0, 2 / 3])
    assert bins.expected_error == pytest.approx(100 * (0.75 * (0.9 - 2 / 3) + 0.25 * 0.4))


def test_a_bin_has_its_upper_edge():
    logits = logits_of([[0.2, 0.2, 0.2, 0.2, 0.2], [0.4, 0.3, 0.1, 0.1, 0.1], [1 - 4e-300, *[1e-300] * 4]])
    counts = ev.reliability(logits, np.zeros(3, int), bins=5).counts
    assert counts.tolist() == [1, 1, 0, 0, 1]


def test_perfect_calibration_and_its_opposite():
    sure = 1000 * np.eye(4)
    assert ev.expected_calibration_error(sure, np.arange(4)) == 0
    assert ev.expected_calibration_error(sure, (np.arange(4) + 1) % 4) == 100
    even = np.zeros((4, 4))  # says 1/4, is right in one of four
    assert ev.expected_calibration_error(even, np.arange(4)) == pytest.approx(0, abs=PERCENT)


def test_calibration_error_is_that_of_a_loop_over_bins():
    draw = draws()
    logits, labels = 2 * draw.normal(size=(500, 6)), draw.integers(6, size=500)
    confidence = special.softmax(logits, axis=1).max(axis=1)
    right = logits.argmax(axis=1) == labels
    expected = 0.0
    for k in range(15):
        inside = (confidence > k / 15) & (confidence <= (k + 1) / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert ev.expected_calibration_error(logits, labels) == pytest.approx(100 * expected)


# ---- out of distribution ----


def test_detection_by_hand():
    """Insiders 4, 3, 1 and outsiders 2, 0: five of six pairs are in order."""
    scores = ev.detection(np.array([4.0, 3, 1]), np.array([2.0, 0]))
    assert scores.auroc == pytest.approx(100 * 5 / 6)
    assert scores.tnr_at_tpr95 == pytest.approx(50)  # all insiders reach 1, one outsider does
    assert scores.detection_accuracy == pytest.approx(100 * (2 / 3 + 1) / 2)  # at 3
    assert scores.aupr_in == pytest.approx(100 * (1 / 3) * (1 + 1 + 3 / 4))
    assert scores.aupr_out == pytest.approx(100 * (1 / 2) * (1 + 2 / 3))  # outsiders 0, 2 stand first and third


def test_complete_separation_and_complete_reversal():
    high, low = np.array([3.0, 4]), np.array([1.0, 2])
    assert ev.detection(high, low) == (100, 100, 100, 100, 100)
    worst = ev.detection(low, high)
    assert worst.auroc == worst.tnr_at_tpr95 == 0
    assert worst.detection_accuracy == 50


def test_equal_scores_are_taken_together():
    """A network that gives every picture the same score knows nothing, in whatever order they come."""
    same = ev.detection(np.ones(30), np.ones(10))
    assert same.auroc == same.detection_accuracy == pytest.approx(50)
    assert same.tnr_at_tpr95 == 0
    assert (same.aupr_in, same.aupr_out) == (75, 25)


def test_five_in_a_hundred_may_be_missed():
    inside, outside = np.arange(100.0), np.array([4.0, 4.5, 5, 6])
    assert ev.detection(inside, outside).tnr_at_tpr95 == 50  # at threshold 5: 95 insiders, two outsiders


@pytest.mark.parametrize("levels", [5, 10**6], ids=["ties", "distinct"])
def test_detection_agrees_with_independent_definitions(levels):
    draw = draws(1)
    inside = np.floor(levels * draw.beta(4, 2, 300)) / levels
    outside = np.floor(levels * draw.beta(2, 2, 200)) / levels
    scores = ev.detection(inside, outside)
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
    metrics = pytest.importorskip("sklearn.metrics")
    draw = draws(2)
    inside, outside = np.round(draw.normal(1, 1, 300), 1), np.round(draw.normal(0, 1, 200), 1)
    truth, both = np.repeat([1, 0], [300, 200]), np.concatenate([inside, outside])
    scores = ev.detection(inside, outside)
    assert scores.auroc == pytest.approx(100 * metrics.roc_auc_score(truth, both))
    assert scores.aupr_in == pytest.approx(100 * metrics.average_precision_score(truth, both))
    assert scores.aupr_out == pytest.approx(100 * metrics.average_precision_score(1 - truth, -both))


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
    rows = [ev.Detection(*map(float, row.split("/")), 0.0, 0.0) for row in PER_SET[method].split()]
    assert len(rows) == 7
    np.testing.assert_allclose(ev.average(rows)[:3], TABLE_12[method], atol=0.0501)


@pytest.mark.parametrize("bad", [np.array([]), np.array([0.5, np.nan]), np.zeros((2, 2))])
def test_bad_scores_are_refused(bad):
    for pair in ((bad, np.ones(2)), (np.ones(2), bad)):
        with pytest.raises(ValueError, match="must be a vector of finite numbers"):
            ev.detection(*pair)
    with pytest.raises(ValueError, match="at least one set"):
        ev.average([])


def test_confidence_near_one_is_told_apart():
    """In float32 both probabilities would be 1."""
    lower, higher = ev.max_softmax(np.array([[20.0, 0], [25, 0]], np.float32))
    assert lower < higher < 1


def test_noise_is_that_of_odin():
    uniform, gaussian = (ev.noise(kind, 200, (16, 8), seed=3) for kind in ("uniform", "gaussian"))
    for pictures in (uniform, gaussian):
        assert pictures.shape == (200, 16, 8, 3)
        assert pictures.dtype == np.float32
        assert pictures.min() >= 0
        assert pictures.max() <= 255
    sure = 1e-6  # of a false alarm
    assert stats.kstest(uniform.ravel()[::7] / 255, "uniform").pvalue > sure
    at_ends = [np.mean(gaussian == end) for end in (0, 255)]
    np.testing.assert_allclose(at_ends, stats.norm.cdf(-0.5), atol=0.01)
    inner = gaussian[(gaussian > 0) & (gaussian < 255)][::7] / 255
    assert stats.kstest(inner, stats.truncnorm(-0.5, 0.5, 0.5, 1).cdf).pvalue > sure
    np.testing.assert_array_equal(ev.noise("uniform", 200, (16, 8), seed=3), uniform)
    assert (ev.noise("uniform", 200, (16, 8), seed=4) != uniform).any()


def test_unknown_noise_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'gaussian'"):
        ev.noise("gausian", 1, (8, 8))
    with pytest.raises(ValueError, match="count must be at least 1"):
        ev.noise("uniform", 0, (8, 8))
