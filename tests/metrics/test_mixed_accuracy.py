"""Accuracies of mixed targets: by hand, for an oracle, and parity with Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.pairs import CLASSES, random_pairs

import cutmix_tf as cm


def scores_of(*rows):
    return np.array(rows, np.float32)


BY_HAND = {
    "the heavier label": ([[[0, 0.7], [1, 0.3]]], scores_of([3, 2, 1]), 1, 1.0),
    "the lighter label": ([[[0, 0.7], [1, 0.3]]], scores_of([2, 3, 1]), 1, 0.0),
    "either of a tie": ([[[0, 0.5], [1, 0.5]]] * 2, scores_of([3, 2, 1], [2, 3, 1]), 1, 1.0),
    "neither of a tie": ([[[0, 0.5], [1, 0.5]]], scores_of([1, 2, 3]), 1, 0.0),
    "one class twice": ([[[2, 0.4], [2, 0.6]]], scores_of([1, 2, 3]), 1, 1.0),
    "within two": ([[[0, 0.7], [1, 0.3]]], scores_of([2, 1, 3]), 2, 1.0),
    "not within two": ([[[0, 0.7], [1, 0.3]]], scores_of([1, 2, 3]), 2, 0.0),
    "equal scores rank by index": ([[[0, 1.0], [1, 0.0]]], scores_of([1, 1, 1]), 1, 1.0),
}


@pytest.mark.parametrize(("pairs", "scores", "k", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_accuracy_by_hand(pairs, scores, k, expected):
    metric = cm.MixedTopKAccuracy(k=k)
    metric.update_state(np.float32(pairs), scores)
    assert metric.result() == expected
    soft = cm.MixedTopKAccuracy(k=k)
    soft.update_state(cm.targets.to_soft(np.float32(pairs), 3), scores)
    assert soft.result() == expected


def test_an_oracle_scores_one():
    images = tf.zeros([64, 16, 16, 3])
    for step in range(10):
        _, targets = cm.CutMix()(images, tf.range(64) % CLASSES, seed=(0, step))
        for metric in (cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=2)):
            metric.update_state(targets, cm.targets.to_soft(targets, CLASSES))
            assert metric.result() == 1.0


def test_plain_labels_give_the_usual_accuracy():
    _, a, _, _, logits = random_pairs(3)
    one_hot = np.eye(CLASSES, dtype=np.float32)[a]
    for truth in (a, a[:, None], one_hot):
        ours, theirs = cm.MixedAccuracy(), keras.metrics.SparseCategoricalAccuracy()
        ours.update_state(truth, logits)
        theirs.update_state(a, logits)
        np.testing.assert_allclose(ours.result(), theirs.result())
        ours, theirs = cm.MixedTopKAccuracy(k=3), keras.metrics.SparseTopKCategoricalAccuracy(k=3)
        ours.update_state(truth, logits)
        theirs.update_state(a, logits)
        np.testing.assert_allclose(ours.result(), theirs.result())


def test_metrics_take_sample_weights():
    metric = cm.MixedAccuracy()
    metric.update_state([0, 1], scores_of([1, 0], [1, 0]), sample_weight=[3.0, 1.0])
    assert metric.result() == 0.75


REFUSED = {
    "a column of floats": (
        lambda: cm.MixedAccuracy().update_state(np.ones((2, 1)), np.zeros((2, 3))),
        TypeError,
        "int",
    ),
    "k beyond the classes": (
        lambda: cm.MixedTopKAccuracy().update_state([0], np.zeros((1, 3))),
        ValueError,
        "smaller k",
    ),
    "k of 0": (lambda: cm.MixedTopKAccuracy(k=0), ValueError, "k must be at least 1"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "original", [cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=3)], ids=lambda item: type(item).__name__
)
def test_serialization_keeps_everything(original):
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original))
    assert type(copy) is type(original)
    assert copy.get_config() == original.get_config()
