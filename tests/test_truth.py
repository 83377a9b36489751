"""Targets, loss and metrics: closed forms, parity with Keras, and what they refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import cutmix_tf as cm

CLASSES = 7


def random_pairs(seed, count=16):
    draw = np.random.default_rng(seed)
    a, b = draw.integers(0, CLASSES, (2, count))
    own = draw.random(count, np.float32)
    pairs = np.stack([np.stack([a, b], 1), np.stack([own, 1 - own], 1)], 2).astype(np.float32)
    return pairs, a, b, own, draw.normal(0, 3, (count, CLASSES)).astype(np.float32)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 1.0]), st.booleans())
def test_loss_is_the_weighted_sum_and_that_of_the_soft_label(seed, smoothing, from_logits):
    pairs, a, b, own, scores = random_pairs(seed)
    scores = scores if from_logits else np.asarray(tf.nn.softmax(scores))
    keras_loss = keras.losses.CategoricalCrossentropy(from_logits, smoothing, reduction=None)
    loss = cm.MixedCrossentropy(from_logits, smoothing, reduction=None)
    one_hot = np.eye(CLASSES, dtype=np.float32)
    expected = own * keras_loss(one_hot[a], scores) + (1 - own) * keras_loss(one_hot[b], scores)
    np.testing.assert_allclose(loss(pairs, scores), expected, rtol=1e-6, atol=2e-6)
    soft = cm.targets.to_soft(pairs, CLASSES)
    np.testing.assert_allclose(loss(soft, scores), keras_loss(soft, scores), rtol=1e-6, atol=2e-6)
    np.testing.assert_allclose(loss(pairs, scores), loss(soft, scores), rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("shape", [(16,), (16, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_plain_labels_give_the_usual_loss(shape, dtype):
    _, a, _, _, logits = random_pairs(0)
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(a, logits)
    labels = a.reshape(shape).astype(dtype)
    np.testing.assert_allclose(cm.MixedCrossentropy()(labels, logits), expected, rtol=1e-6)


def test_loss_keeps_all_bits_of_large_ids_and_half_precision_scores():
    ids = np.array([2000, 2001])
    logits = np.zeros((2, 3000), np.float16)
    logits[[0, 1], ids] = 9
    loss = cm.MixedCrossentropy()(ids, keras.ops.convert_to_tensor(logits))
    np.testing.assert_allclose(loss, np.log(np.exp(9) + 2999) - 9, rtol=1e-5)


def test_gradients_are_those_of_the_soft_label():
    pairs, _, _, _, logits = random_pairs(2)
    gradients = []
    for truth in (pairs, cm.targets.to_soft(pairs, CLASSES)):
        scores = tf.Variable(logits)
        with tf.GradientTape() as tape:
            loss = cm.MixedCrossentropy()(truth, scores)
        gradients.append(tape.gradient(loss, scores))
    np.testing.assert_allclose(*gradients, atol=1e-7)


def test_split_and_to_soft_by_hand():
    pairs = np.float32([[[2, 0.75], [0, 0.25]], [[1, 0.5], [1, 0.5]]])
    a, b, own = cm.targets.split(pairs)
    np.testing.assert_array_equal(a, [2, 1])
    np.testing.assert_array_equal(b, [0, 1])
    np.testing.assert_array_equal(own, np.float32([0.75, 0.5]))
    np.testing.assert_array_equal(cm.targets.to_soft(pairs, 3), np.float32([[0.25, 0, 0.75], [0, 1, 0]]))
    np.testing.assert_array_equal(cm.targets.to_soft([1, 0], 2), np.float32([[0, 1], [1, 0]]))


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
    "floats of rank 1": (lambda: cm.MixedCrossentropy()(np.float32([0, 1]), np.zeros((2, 3))), TypeError, "integers"),
    "a column of floats": (
        lambda: cm.MixedAccuracy().update_state(np.ones((2, 1)), np.zeros((2, 3))),
        TypeError,
        "int",
    ),
    "too many classes": (
        lambda: cm.MixedCrossentropy()(np.ones((2, 4)), np.zeros((2, 3))),
        ValueError,
        "as many outputs",
    ),
    "one output": (lambda: cm.MixedCrossentropy()(np.zeros((2, 2, 2)), np.zeros((2, 1))), ValueError, "at least 2"),
    "k beyond the classes": (
        lambda: cm.MixedTopKAccuracy().update_state([0], np.zeros((1, 3))),
        ValueError,
        "smaller k",
    ),
    "k of 0": (lambda: cm.MixedTopKAccuracy(k=0), ValueError, "k must be at least 1"),
    "smoothing beyond 1": (lambda: cm.MixedCrossentropy(label_smoothing=1.1), ValueError, "label_smoothing"),
    "from_logits of text": (lambda: cm.MixedCrossentropy(from_logits="yes"), TypeError, "True or False"),
    "split of ids": (lambda: cm.targets.split([1, 2]), ValueError, "pair targets"),
    "to_soft of rank 4": (lambda: cm.targets.to_soft(np.zeros((2, 2, 2, 2)), 3), ValueError, "class ids"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "original",
    [cm.MixedCrossentropy(from_logits=False, label_smoothing=0.1), cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=3)],
    ids=lambda item: type(item).__name__,
)
def test_serialization_keeps_everything(original):
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original))
    assert type(copy) is type(original)
    assert copy.get_config() == original.get_config()


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_fit_from_mixed_pipeline_to_plain_validation(policy, tmp_path):
    """One compile serves both, under each precision; the saved model comes back with loss and metrics."""
    inputs = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(8, 3, activation="relu", dtype=policy)(inputs)
    pooled = keras.layers.GlobalAveragePooling2D(dtype=policy)(features)
    model = keras.Model(inputs, keras.layers.Dense(CLASSES, dtype=policy)(pooled))
    model.compile("adam", cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=2)])
    images = tf.random.stateless_uniform([40, 8, 8, 3], (0, 0))
    plain = tf.data.Dataset.from_tensor_slices((images, tf.range(40) % CLASSES)).batch(16)
    history = model.fit(plain.map(cm.CutMix()), validation_data=plain, epochs=2, shuffle=False, verbose=0).history
    assert np.isfinite([history["loss"], history["val_loss"]]).all()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras").evaluate(plain, verbose=0)
    np.testing.assert_allclose(again, model.evaluate(plain, verbose=0), rtol=1e-5)
