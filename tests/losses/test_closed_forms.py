"""MixedCrossentropy: closed forms and parity with Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import slow_but
from helpers.pairs import CLASSES, random_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

import cutmix_tf as cm


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


REFUSED = {
    "floats of rank 1": (lambda: cm.MixedCrossentropy()(np.float32([0, 1]), np.zeros((2, 3))), TypeError, "integers"),
    "too many classes": (
        lambda: cm.MixedCrossentropy()(np.ones((2, 4)), np.zeros((2, 3))),
        ValueError,
        "as many outputs",
    ),
    "one output": (lambda: cm.MixedCrossentropy()(np.zeros((2, 2, 2)), np.zeros((2, 1))), ValueError, "at least 2"),
    "smoothing beyond 1": (lambda: cm.MixedCrossentropy(label_smoothing=1.1), ValueError, "label_smoothing"),
    "from_logits a string": (lambda: cm.MixedCrossentropy(from_logits="yes"), TypeError, "True or False"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_serialization_keeps_everything():
    original = cm.MixedCrossentropy(from_logits=False, label_smoothing=0.1)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original))
    assert type(copy) is type(original)
    assert copy.get_config() == original.get_config()


@pytest.mark.parametrize("policy", slow_but([], ["float32", "mixed_bfloat16", "mixed_float16"]))
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
