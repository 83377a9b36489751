"""MixedCrossentropy beyond its closed forms: class weights, impossible labels, infinite logits, a softmax in front."""

import json
import re
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.pairs import CLASSES, random_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

import cutmix_tf as cm


def small_model(*activation, classes=CLASSES):
    keras.utils.set_random_seed(0)
    images = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, activation="relu")(images))
    x = keras.layers.Dense(classes)(x)
    for layer in activation:
        x = layer(x)
    return keras.Model(images, x)


def plain_batches(count=32, classes=CLASSES):
    images = tf.random.stateless_uniform([count, 8, 8, 3], (0, 0))
    return tf.data.Dataset.from_tensor_slices((images, tf.range(count) % classes)).batch(16)


# ---- class weights ----


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10_000),
    st.dictionaries(st.integers(0, CLASSES - 1), st.floats(0, 8, width=32), max_size=CLASSES),
    st.sampled_from([0.0, 0.1]),
    st.booleans(),
)
def test_each_label_is_weighted_by_its_class(seed, class_weight, smoothing, from_logits):
    """λ·w_a·CE(a) + (1 − λ)·w_b·CE(b), for pairs and for their soft label; w·CE for plain labels."""
    pairs, a, b, own, scores = random_pairs(seed)
    scores = scores if from_logits else np.asarray(tf.nn.softmax(scores))
    w = np.array([class_weight.get(each, 1.0) for each in range(CLASSES)], np.float32)
    ce = keras.losses.CategoricalCrossentropy(from_logits, smoothing, reduction=None)
    loss = cm.MixedCrossentropy(from_logits, smoothing, class_weight=class_weight, reduction=None)
    one_hot = np.eye(CLASSES, dtype=np.float32)
    ce_a, ce_b = np.asarray(ce(one_hot[a], scores)), np.asarray(ce(one_hot[b], scores))
    expected = own * w[a] * ce_a + (1 - own) * w[b] * ce_b
    np.testing.assert_allclose(loss(pairs, scores), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(loss(cm.targets.to_soft(pairs, CLASSES), scores), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(loss(a, scores), w[a] * ce_a, rtol=1e-5, atol=1e-5)


def test_plain_labels_train_as_with_class_weight_of_fit():
    class_weight = {0: 3.0, 2: 0.5, 5: 0.0, 6: 1.0}
    ours, theirs = small_model(), small_model()
    ours.compile("sgd", cm.MixedCrossentropy(class_weight=class_weight))
    theirs.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    mine = ours.fit(plain_batches(), shuffle=False, verbose=0).history["loss"]
    expected = theirs.fit(plain_batches(), shuffle=False, verbose=0, class_weight=class_weight).history["loss"]
    np.testing.assert_allclose(mine, expected, rtol=1e-6)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_weighting_before_mixing_is_the_same():
    """Class weights as sample weights, which mixers mix, instead of class weights in the loss."""
    weight = np.float32([3, 1, 0.5, 1, 1, 0, 2])
    images, labels = tf.random.stateless_uniform([16, 8, 8, 3], (0, 1)), tf.range(16) % CLASSES
    logits = random_pairs(0)[4]
    _, pairs, mixed = cm.CutMix()(images, labels, tf.gather(weight, labels), seed=(1, 2))
    by_samples = cm.MixedCrossentropy()(pairs, logits, mixed)
    _, pairs = cm.CutMix()(images, labels, seed=(1, 2))
    np.testing.assert_allclose(
        by_samples, cm.MixedCrossentropy(class_weight=dict(enumerate(weight)))(pairs, logits), 1e-5
    )


def test_class_weight_of_fit_is_refused_for_pairs_with_what_to_write():
    model = small_model()
    model.compile("sgd", cm.MixedCrossentropy())
    with pytest.raises(ValueError, match=r"one value for each example.*MixedCrossentropy\(class_weight=\.\.\.\)"):
        model.fit(plain_batches().map(cm.CutMix()), class_weight={0: 2.0, 1: 1.0}, shuffle=False, verbose=0)


@pytest.mark.parametrize("shape", [(16, 3), (16, 2), (1, 16), (16, 1, 1)])
def test_sample_weights_are_one_per_example(shape):
    pairs, a, _, _, logits = random_pairs(0)
    for labels in (pairs, a):
        with pytest.raises(ValueError, match=r"sample_weight must have one value for each example.*got shape"):
            cm.MixedCrossentropy()(labels, logits, np.ones(shape, np.float32))
    weights = np.random.default_rng(0).random(16, np.float32)
    losses = [cm.MixedCrossentropy()(pairs, logits, form) for form in (weights, weights[:, None], list(weights))]
    assert losses[0] == losses[1] == losses[2]


def test_class_weights_come_back_from_a_file(tmp_path):
    loss = cm.MixedCrossentropy(class_weight={0: 3, 11: 0.5})
    config = json.loads(json.dumps(loss.get_config()))
    assert cm.MixedCrossentropy.from_config(config).class_weight == {0: 3.0, 11: 0.5}
    assert cm.MixedCrossentropy.from_config(cm.MixedCrossentropy().get_config()).class_weight is None
    model = small_model(classes=12)
    model.compile("sgd", loss)
    model.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").loss.class_weight == {0: 3.0, 11: 0.5}


# ---- labels that are no classes ----


def wrong_pairs(wrong):
    pairs, _, _, _, logits = random_pairs(1)
    pairs[3, 1, 0] = wrong
    return pairs, logits


@pytest.mark.parametrize("wrong", [CLASSES, -1, 1.5, 300])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_label_beyond_the_logits_is_named(wrong, compiled):
    call = tf.function(cm.MixedCrossentropy()) if compiled else cm.MixedCrossentropy()
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"integer in \[0, 7\).*the model has 7 outputs") as error:
        call(*wrong_pairs(wrong))
    (received,) = re.findall(r"The label received:\D*?([-\d.]+)", str(error.value))
    assert float(received) == wrong


def test_fit_stops_at_a_label_beyond_the_logits():
    model = small_model(classes=3)
    model.compile("sgd", cm.MixedCrossentropy(), jit_compile=False)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"integer in \[0, 3\), because the model has 3 outputs"):
        model.fit(plain_batches(), shuffle=False, verbose=0)


@pytest.mark.parametrize("wrong", [CLASSES, -1, 1.5, float("nan")])
def test_where_nothing_can_be_checked_it_makes_nan(wrong):
    """XLA leaves assertions out."""
    pairs, logits = map(tf.constant, wrong_pairs(wrong))
    losses = tf.function(cm.MixedCrossentropy(reduction=None), jit_compile=True)(pairs, logits)
    np.testing.assert_array_equal(np.isnan(losses), np.arange(16) == 3)
    soft = tf.function(lambda: cm.targets.to_soft(pairs, CLASSES), jit_compile=True)()
    np.testing.assert_array_equal(np.isnan(soft).any(axis=1), np.arange(16) == 3)


# ---- logits of minus infinity ----


@pytest.mark.parametrize("form", ["pairs", "soft"])
def test_a_weight_of_zero_silences_a_logit_of_minus_infinity(form):
    pairs = np.float32([[[0, 1], [2, 0]], [[1, 0.25], [0, 0.75]]])
    logits = np.float32([[1, 2, -np.inf], [0.5, -1, -np.inf]])
    truth = pairs if form == "pairs" else np.float32([[1, 0, 0], [0.75, 0.25, 0]])
    scores = tf.Variable(logits)
    with tf.GradientTape() as tape:
        loss = cm.MixedCrossentropy()(truth, scores)
    two = keras.losses.CategoricalCrossentropy(from_logits=True)(np.float32([[1, 0], [0.75, 0.25]]), logits[:, :2])
    np.testing.assert_allclose(loss, two, rtol=1e-6)
    gradient = np.asarray(tape.gradient(loss, scores))
    np.testing.assert_array_equal(gradient[:, 2], 0)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-6)
    assert np.isinf(cm.MixedCrossentropy()(np.array([2, 2]), logits))  # a label with weight is another matter


# ---- a softmax in front of from_logits=True ----


def softmax_warnings(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(each.message) for each in caught if "output of a softmax" in str(each.message)]


IN_FRONT = {
    "softmax": ([keras.layers.Softmax()], True),
    "softmax, then other dtypes": ([keras.layers.Softmax(dtype="float16"), keras.layers.Reshape((CLASSES,))], True),
    "nothing": ([], False),
    "sigmoid": ([keras.layers.Activation("sigmoid")], False),
    "log of a softmax": ([keras.layers.Activation("log_softmax")], False),
}


@pytest.mark.parametrize(("layers", "expected"), IN_FRONT.values(), ids=IN_FRONT)
@pytest.mark.parametrize("how", ["eager", "graph", "XLA"])
def test_a_softmax_in_front_of_logits_is_noticed(layers, expected, how):
    loss, labels = cm.MixedCrossentropy(), tf.range(4)

    def step(x):
        for layer in layers:
            x = layer(x)
        return loss(labels, x)

    call = step if how == "eager" else tf.function(step, jit_compile=how == "XLA")
    found = softmax_warnings(lambda: call(tf.constant(random_pairs(0, count=4)[4])))
    assert bool(found) == expected
    assert all("from_logits=False" in message for message in found)


def test_fit_notices_a_softmax_too():
    model = small_model(keras.layers.Softmax())
    model.compile("sgd", cm.MixedCrossentropy())
    assert softmax_warnings(lambda: model.fit(plain_batches(16), shuffle=False, verbose=0))


def test_probabilities_are_welcome_where_they_are_expected():
    model = small_model(keras.layers.Softmax())
    model.compile("sgd", cm.MixedCrossentropy(from_logits=False))
    assert not softmax_warnings(lambda: model.fit(plain_batches(16), shuffle=False, verbose=0))
    labels, rows = np.arange(3), np.float32([[0.2, 0.8, 0], [1, 0, 0], [0.3, 0.3, 0.4]])
    assert softmax_warnings(lambda: cm.MixedCrossentropy()(labels, rows))
    assert not softmax_warnings(lambda: cm.MixedCrossentropy()(labels, rows + [[0.1, 0, 0]] * 3))
    assert not softmax_warnings(lambda: cm.MixedCrossentropy()(labels, rows - [[0.5, -0.5, 0]] * 3))


# ---- refusals ----

REFUSED = {
    "a list": (lambda: cm.MixedCrossentropy(class_weight=[1, 2]), TypeError, r"must be a dict such as \{0: 1.0"),
    "keys of text": (
        lambda: cm.MixedCrossentropy(class_weight={"0": 1}),
        TypeError,
        "id in class_weight must be",
    ),
    "a negative id": (
        lambda: cm.MixedCrossentropy(class_weight={-1: 1}),
        ValueError,
        "id in class_weight must be",
    ),
    "a negative weight": (lambda: cm.MixedCrossentropy(class_weight={3: -1}), ValueError, r"class_weight\[3\] must be"),
    "NaN": (lambda: cm.MixedCrossentropy(class_weight={3: float("nan")}), ValueError, r"class_weight\[3\] must be"),
    "a class too many": (
        lambda: cm.MixedCrossentropy(class_weight={3: 2.0})(np.array([0, 1]), np.zeros((2, 3))),
        ValueError,
        "a weight for class 3; the model has 3 classes",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
