"""Pair targets, class ids and soft targets, and how they become one another."""

import numpy as np
import pytest

import cutmix_tf as cm


def test_split_and_to_soft_by_hand():
    pairs = np.float32([[[2, 0.75], [0, 0.25]], [[1, 0.5], [1, 0.5]]])
    a, b, own = cm.targets.split(pairs)
    np.testing.assert_array_equal(a, [2, 1])
    np.testing.assert_array_equal(b, [0, 1])
    np.testing.assert_array_equal(own, np.float32([0.75, 0.5]))
    np.testing.assert_array_equal(cm.targets.to_soft(pairs, 3), np.float32([[0.25, 0, 0.75], [0, 1, 0]]))
    np.testing.assert_array_equal(cm.targets.to_soft([1, 0], 2), np.float32([[0, 1], [1, 0]]))


def random_many(labels, seed=0):
    """Targets of several labels, (6, labels, 2), as a soft target, and logits."""
    chance = np.random.default_rng(seed)
    ids, weights = chance.integers(0, 5, (6, labels)), chance.dirichlet(np.ones(labels), 6)
    soft = np.stack([np.bincount(*row, minlength=5) for row in zip(ids, weights, strict=True)])
    return np.stack([ids, weights], axis=2).astype(np.float32), soft, chance.normal(size=(6, 5)).astype(np.float32)


@pytest.mark.parametrize("labels", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_of_several_labels_are_those_of_the_soft_label(labels, smoothing):
    many, soft, scores = random_many(labels)
    np.testing.assert_allclose(cm.targets.to_soft(many, 5), soft, atol=1e-6)
    for loss in (
        cm.MixedCrossentropy(label_smoothing=smoothing),
        cm.MixedBinaryCrossentropy(label_smoothing=smoothing),
    ):
        np.testing.assert_allclose(loss(many, scores), loss(soft.astype(np.float32), scores), rtol=1e-5)


@pytest.mark.parametrize("labels", [1, 3, 4])
def test_accuracy_of_several_labels_adds_up_equal_classes(labels):
    many, soft, scores = random_many(labels, seed=1)
    for k in (1, 2):
        metric = cm.MixedTopKAccuracy(k)
        best = np.argsort(-scores, axis=1)[:, :k]
        hits = np.isclose(np.take_along_axis(soft, best, axis=1), soft.max(axis=1, keepdims=True)).any(axis=1)
        metric.update_state(many, scores)
        np.testing.assert_allclose(metric.result(), hits.mean())
    oracle = cm.MixedAccuracy()
    oracle.update_state(many, soft)
    assert oracle.result() == 1


def test_class_weights_weigh_each_of_several_labels():
    many, _, scores = random_many(3)
    weights = {0: 2.0, 3: 0.5}
    log_probabilities = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    ids = many[..., 0].astype(int)
    each = many[..., 1] * np.vectorize(lambda label: weights.get(label, 1.0))(ids)
    expected = -(each * np.take_along_axis(log_probabilities, ids, axis=1)).sum(axis=1).mean()
    np.testing.assert_allclose(cm.MixedCrossentropy(class_weight=weights)(many, scores), expected, rtol=1e-5)


REFUSED = {
    "split of ids": (lambda: cm.targets.split([1, 2]), ValueError, "pair targets"),
    "split of three": (lambda: cm.targets.split(np.zeros((5, 3, 2))), ValueError, r"\(batch, 2, 2\); got shape"),
    "no label at all": (lambda: cm.targets.to_soft(np.zeros((5, 0, 2)), 3), ValueError, r"\(batch, k, 2\)"),
    "to_soft of rank 4": (lambda: cm.targets.to_soft(np.zeros((2, 2, 2, 2)), 3), ValueError, "class ids"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
