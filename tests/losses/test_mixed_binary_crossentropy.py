"""MixedBinaryCrossentropy: parity with Keras on soft labels, pairs and ids as soft labels, the threshold, refusals."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.pairs import CLASSES, random_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

import cutmix_tf as cm

ONE_HOT = np.eye(CLASSES, dtype=np.float32)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_it_is_kerass_loss_of_the_soft_label(seed, from_logits):
    pairs, a, b, own, scores = random_pairs(seed)
    scores = scores if from_logits else np.asarray(tf.nn.sigmoid(scores))
    keras_loss = keras.losses.BinaryCrossentropy(from_logits, reduction=None)
    loss = cm.MixedBinaryCrossentropy(from_logits, reduction=None)
    soft = own[:, None] * ONE_HOT[a] + (1 - own[:, None]) * ONE_HOT[b]
    for truth in (pairs, soft):
        np.testing.assert_allclose(loss(truth, scores), keras_loss(soft, scores), rtol=1e-5, atol=2e-6)
    each = own * keras_loss(ONE_HOT[a], scores) + (1 - own) * keras_loss(ONE_HOT[b], scores)
    np.testing.assert_allclose(loss(pairs, scores), each, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(loss(a, scores), keras_loss(ONE_HOT[a], scores), rtol=1e-5, atol=2e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1, width=32), st.sampled_from([None, 0.0, 0.2, 0.5]))
def test_smoothing_and_threshold_by_their_formulas(seed, smoothing, threshold):
    pairs, a, b, own, logits = random_pairs(seed)
    loss = cm.MixedBinaryCrossentropy(label_smoothing=smoothing, target_threshold=threshold, reduction=None)
    target = own[:, None] * ONE_HOT[a] + (1 - own[:, None]) * ONE_HOT[b]
    if threshold is not None:
        target = (target > threshold).astype(np.float32)
    target = (1 - smoothing) * target + smoothing / CLASSES
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    expected = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean(axis=1)
    np.testing.assert_allclose(loss(pairs, logits), expected, rtol=1e-4, atol=1e-5)


def test_mixed_multi_label_targets():
    labels = np.random.default_rng(0).random((16, CLASSES), np.float32)
    logits = random_pairs(0)[4]
    expected = keras.losses.BinaryCrossentropy(from_logits=True)(labels, logits)
    np.testing.assert_allclose(cm.MixedBinaryCrossentropy()(labels, logits), expected, rtol=1e-6)


def test_sample_weights_weigh_both_terms():
    images, labels = tf.zeros([16, 8, 8, 3]), tf.range(16) % CLASSES
    weights, logits = tf.linspace(0.0, 2.0, 16), random_pairs(0)[4]
    _, pairs, mixed = cm.CutMix()(images, labels, weights, seed=(0, 1))
    _, _, own = cm.targets.split(cm.CutMix()(images, labels, seed=(0, 1))[1])
    _, numbers, _ = cm.targets.split(cm.CutMix()(images, tf.range(16), seed=(0, 1))[1])
    each = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)(ONE_HOT[labels], logits)
    partner, own = np.asarray(numbers), np.asarray(own)
    expected = own * weights * each + (1 - own) * weights.numpy()[partner] * _of_partners(labels, partner, logits)
    np.testing.assert_allclose(cm.MixedBinaryCrossentropy(reduction=None)(pairs, logits, mixed), expected, rtol=1e-5)


def _of_partners(labels, partner, logits):
    loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
    return np.asarray(loss(ONE_HOT[labels.numpy()[partner]], logits))


def test_it_is_computed_in_float32():
    pairs, *_, logits = random_pairs(0)
    loss = cm.MixedBinaryCrossentropy()(pairs, tf.cast(logits, tf.float16))
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, cm.MixedBinaryCrossentropy()(pairs, logits), rtol=1e-3)


@pytest.mark.parametrize("threshold", [None, 0.2])
def test_ids_that_are_no_classes_stop_the_step_or_show_as_nan(threshold):
    pairs, *_, logits = random_pairs(1)
    pairs[3, 1, 0] = CLASSES
    loss = cm.MixedBinaryCrossentropy(target_threshold=threshold, reduction=None)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"integer in \[0, 7\)"):
        loss(pairs, logits)
    compiled = tf.function(loss, jit_compile=True)(tf.constant(pairs), tf.constant(logits))
    np.testing.assert_array_equal(np.isnan(compiled), np.arange(16) == 3)


@pytest.mark.slow
def test_it_comes_back_with_a_saved_model(tmp_path):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(CLASSES)])
    loss = cm.MixedBinaryCrossentropy(label_smoothing=0.1, target_threshold=0.2)
    model.compile("sgd", loss, metrics=[cm.MixedAccuracy()])
    plain = tf.data.Dataset.from_tensor_slices((tf.zeros([20, 8, 8, 3]), tf.range(20) % CLASSES)).batch(8)
    history = model.fit(plain.map(cm.CutMix()), validation_data=plain, shuffle=False, verbose=0).history
    assert {"accuracy", "val_accuracy", "val_loss"} <= history.keys()
    model.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").loss.get_config() == loss.get_config()


@pytest.mark.parametrize("activation", ["sigmoid", "softmax", None])
def test_an_activation_in_front_of_logits_is_noticed(activation):
    logits = tf.constant(random_pairs(0)[4])
    step = tf.function(
        lambda x: cm.MixedBinaryCrossentropy()(
            tf.range(16) % CLASSES, keras.ops.nn.relu(x) if activation is None else getattr(keras.ops, activation)(x)
        )
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        step(logits)
    messages = [str(each.message) for each in caught if "from_logits=False" in str(each.message)]
    assert len(messages) == (0 if activation is None else 1)
    assert all(
        f"MixedBinaryCrossentropy(from_logits=True) received the output of a {activation}" in m for m in messages
    )


LOGITS = np.zeros((2, 3), np.float32)
REFUSED = {
    "floats of rank 1": (lambda: cm.MixedBinaryCrossentropy()(np.float32([0, 1]), LOGITS), TypeError, "integers"),
    "other classes": (lambda: cm.MixedBinaryCrossentropy()(np.ones((2, 4)), LOGITS), ValueError, "as many outputs"),
    "weights of classes": (
        lambda: cm.MixedBinaryCrossentropy()(np.ones((2, 3)), LOGITS, np.ones((2, 3))),
        ValueError,
        "one value for each example",
    ),
    "a threshold beyond 1": (lambda: cm.MixedBinaryCrossentropy(target_threshold=2), ValueError, "target_threshold"),
    "smoothing beyond 1": (lambda: cm.MixedBinaryCrossentropy(label_smoothing=2), ValueError, "label_smoothing"),
    "logits as a string": (lambda: cm.MixedBinaryCrossentropy("yes"), TypeError, "True or False"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
