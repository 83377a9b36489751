"""The labels that people have: class ids as soft labels, multi-label, several outputs, values to predict."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import cases, laws
from helpers.execution import op_by_op
from helpers.marks import FEW, rows, slow_but
from hypothesis import given, settings
from hypothesis import strategies as st

import cutmix_tf as cm

SEED = (1, 4)
COUNT = laws.COUNT
IMAGES, IDS = laws.painted_batch()
NUMBERS = np.arange(COUNT, dtype=np.float32)


def each(methods, fast=None):
    return pytest.mark.parametrize("mixer", rows(methods, fast))


def call(mixer, *parts, **options):
    """The mixed batch, with attention maps for a mixer that needs them, and other options for the mixer."""
    maps = {"attention": cases.WithMaps(mixer).maps(COUNT, SEED)} if mixer.uses_attention else {}
    with op_by_op():
        return dataclasses.replace(mixer, **options)(*parts, seed=SEED, **maps)


def shown(images):
    """The mean number that each image shows."""
    return np.asarray(tf.cast(images, tf.float64)).mean(axis=(1, 2, 3))


# ---- num_classes ----


@each(cases.MIXING, FEW)
def test_soft_labels_of_ids_describe_the_image(mixer):
    images, targets = call(mixer, IMAGES, IDS, num_classes=COUNT)
    assert (targets.dtype, targets.shape) == (tf.float32, (COUNT, COUNT))
    np.testing.assert_allclose(targets @ NUMBERS[:, None], shown(images)[:, None], rtol=0, atol=2e-4)
    np.testing.assert_allclose(tf.reduce_sum(targets, axis=1), 1, rtol=0, atol=1e-6)


@each({**cases.MIXING, **cases.RELABELED}, FEW)
@pytest.mark.parametrize("column", slow_but([True], [False, True]))
def test_soft_labels_of_ids_are_the_pairs_of_ids(mixer, column):
    ids = IDS % 10
    pairs = call(mixer, IMAGES, ids)[1]
    images, soft = call(mixer, IMAGES, ids[:, None] if column else ids, num_classes=10)
    np.testing.assert_array_equal(images, call(mixer, IMAGES, ids)[0])
    np.testing.assert_allclose(soft, cm.targets.to_soft(pairs, 10), rtol=0, atol=1e-7)


@each(cases.ERASING)
def test_erased_images_have_one_hot_labels(mixer):
    np.testing.assert_array_equal(call(mixer, IMAGES, IDS, num_classes=COUNT)[1], np.eye(COUNT))


@pytest.mark.parametrize("mixer", [cm.FeatureCutMix(num_classes=COUNT), cm.ManifoldMixUp(num_classes=COUNT)], ids=repr)
def test_hidden_mixers_make_soft_labels_too(mixer):
    grids = ((4, 4),) * len(mixer.taps)
    inputs, soft = mixer.bound_to(grids)(IMAGES, IDS, seed=SEED)
    again, pairs = mixer.without_options().bound_to(grids)(IMAGES, IDS, seed=SEED)
    np.testing.assert_allclose(soft, cm.targets.to_soft(pairs, COUNT), rtol=0, atol=1e-7)
    np.testing.assert_array_equal(inputs["plan"]["box"], again["plan"]["box"])


def test_weights_weigh_soft_labels_like_pairs():
    weights = tf.linspace(0.0, 2.0, COUNT)
    _, soft, mixed = call(cm.CutMix(), IMAGES, IDS, weights, num_classes=COUNT)
    _, pairs, expected = call(cm.CutMix(), IMAGES, IDS, weights)
    np.testing.assert_array_equal(mixed, expected)
    np.testing.assert_allclose(soft, cm.targets.to_soft(pairs, COUNT), rtol=0, atol=1e-7)


def test_unmixed_batches_fit_the_same_loss():
    for given_labels in (IDS, tf.one_hot(IDS, COUNT)):
        images, labels = cm.MixUp(num_classes=COUNT).unmixed(IMAGES, given_labels)
        np.testing.assert_array_equal(images, IMAGES)
        np.testing.assert_array_equal(labels, np.eye(COUNT))
    element = cm.CutMix().unmixed({"images": IMAGES, "labels": IDS})
    np.testing.assert_array_equal(element["labels"], IDS)


def test_kerass_own_loss_and_accuracy_take_them():
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(5)])
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    plain = tf.data.Dataset.from_tensor_slices((tf.zeros([20, 8, 8, 3]), tf.range(20) % 5)).batch(8)
    mixer = cm.CutMix(num_classes=5)
    history = model.fit(plain.map(mixer), validation_data=plain.map(mixer.unmixed), shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["val_accuracy"], 0.2)


# ---- values to predict ----


@each(cases.MIXING, FEW)
@pytest.mark.parametrize("shape", [(COUNT,), (COUNT, 1), (COUNT, 2)], ids=str)
def test_values_are_those_that_the_image_shows(mixer, shape):
    values = np.resize(NUMBERS - 20, (shape[1] if len(shape) > 1 else 1, COUNT)).T.reshape(shape)
    images, mixed = call(mixer, IMAGES, values, regression=True)
    assert (mixed.shape, mixed.dtype) == (shape, tf.float32)
    expected = (shown(images) - 20).reshape(COUNT, *[1] * (len(shape) - 1))
    np.testing.assert_allclose(mixed, np.broadcast_to(expected, shape), rtol=0, atol=2e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**20), st.sampled_from(["float32", "float64"]))
def test_weights_weigh_the_gradient_of_each_squared_error(number, dtype):
    """weight · (f − value) is the weighted sum of both examples' errors, by the shares of pair targets."""
    draw = np.random.default_rng(number)
    weights, predicted = draw.random((2, COUNT))
    values = draw.normal(size=COUNT).astype(dtype)
    with op_by_op():
        seed = (number, 0)
        _, mixed, weight = cm.CutMix(regression=True)(IMAGES, values, weights.astype(dtype), seed=seed)
        ids, partner, own = map(np.asarray, cm.targets.split(cm.CutMix()(IMAGES, IDS, seed=seed)[1]))
    expected = own * weights[ids] * (predicted - values[ids])
    expected += (1 - own) * weights[partner] * (predicted - values[partner])
    np.testing.assert_allclose(weight * (predicted - mixed), expected, rtol=0, atol=1e-5)


# ---- multi-label ----


def test_binary_crossentropy_of_mixed_labels_is_the_mixture_of_both():
    labels = tf.cast(np.random.default_rng(0).integers(0, 2, (COUNT, 6)), tf.float32)
    logits = tf.random.stateless_normal([COUNT, 6], (0, 0))
    weights = tf.linspace(0.0, 2.0, COUNT)
    loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
    _, mixed, weight = call(cm.CutMix(), IMAGES, labels, weights)
    ids, partner, own = map(np.asarray, cm.targets.split(call(cm.CutMix(), IMAGES, IDS)[1]))
    expected = own * weights.numpy()[ids] * np.asarray(loss(labels, logits))
    expected += (1 - own) * weights.numpy()[partner] * np.asarray(loss(tf.gather(labels, partner), logits))
    np.testing.assert_allclose(weight * loss(mixed, logits), expected, rtol=0, atol=1e-5)


# ---- several outputs ----

OUTPUTS = {"species": IDS, "sex": tf.one_hot(IDS % 2, 2), "age": NUMBERS}
KINDS = {"species": {}, "sex": {}, "age": {"regression": True}}


@pytest.mark.parametrize("mixer", [cm.CutMix(), cm.MixUp(), cm.Cutout(size=4)], ids=repr)
def test_each_output_is_mixed_by_its_own_kind(mixer):
    images, mixed = call(mixer, IMAGES, OUTPUTS, regression=("age",))
    assert list(mixed) == list(OUTPUTS)
    for name, labels in OUTPUTS.items():
        expected = call(mixer, IMAGES, labels, **KINDS[name])
        np.testing.assert_array_equal(images, expected[0])
        np.testing.assert_array_equal(mixed[name], expected[1], err_msg=name)


def test_tuples_and_nested_outputs_keep_their_structure():
    labels = {"animal": {"species": IDS, "sex": OUTPUTS["sex"]}, "sizes": (NUMBERS, NUMBERS / 2)}
    options = {"regression": ["sizes/0", "sizes/1"], "num_classes": {"animal/species": COUNT}}
    _, mixed = call(cm.CutMix(), IMAGES, labels, **options)
    tf.nest.assert_same_structure(mixed, labels)
    for name, (own, kinds) in {
        "species": (IDS, {"num_classes": COUNT}),
        "sex": (OUTPUTS["sex"], {}),
    }.items():
        np.testing.assert_array_equal(mixed["animal"][name], call(cm.CutMix(), IMAGES, own, **kinds)[1])
    np.testing.assert_allclose(mixed["sizes"][0], 2 * mixed["sizes"][1], rtol=1e-6)


def test_one_number_of_classes_or_one_for_each_output():
    labels = {"species": IDS, "sex": IDS % 2}
    _, both = call(cm.CutMix(), IMAGES, labels, num_classes=COUNT)
    assert {name: part.shape[1] for name, part in both.items()} == {"species": COUNT, "sex": COUNT}
    _, one = call(cm.CutMix(), IMAGES, labels, num_classes={"sex": 2})
    assert (one["species"].shape[1:], one["sex"].shape[1:]) == ((2, 2), (2,))


def test_a_dict_element_and_a_dataset_hold_them_too():
    element = call(cm.CutMix(), {"images": IMAGES, "labels": OUTPUTS}, regression=["age"])
    mixer = cm.CutMix(regression=["age"])
    mapped = next(iter(tf.data.Dataset.from_tensors((IMAGES, OUTPUTS)).map(lambda *parts: mixer(*parts, seed=SEED))))
    for name in OUTPUTS:
        np.testing.assert_array_equal(element["labels"][name], mapped[1][name])


def test_weights_weigh_every_output():
    weights = tf.linspace(0.0, 2.0, COUNT)
    _, mixed, _ = call(cm.CutMix(), IMAGES, OUTPUTS, weights, regression=["age"])
    for name, labels in OUTPUTS.items():
        np.testing.assert_array_equal(mixed[name], call(cm.CutMix(), IMAGES, labels, weights, **KINDS[name])[1])


# ---- refusals ----

REFUSED = {
    "soft labels of another number": ({"num_classes": 3}, tf.one_hot(IDS, 4), ValueError, r"must be \(batch, 3\)"),
    "values without asking": ({}, NUMBERS, ValueError, r"ask for it: CutMix\(regression=True\)"),
    "integer values": ({"regression": True}, IDS, TypeError, "Cast them to float32, or leave out regression"),
    "values of rank 3": ({"regression": True}, tf.zeros([COUNT, 2, 3]), TypeError, "must be floats"),
    "masks as labels": ({}, IMAGES[..., 0], ValueError, "segmentation_masks"),
    "another output's value": ({"regression": ["ages"]}, OUTPUTS, ValueError, "Did you mean 'age'"),
    "names for one output": ({"num_classes": {"species": 3}}, IDS, ValueError, "labels of a single output"),
    "another output's classes": ({"num_classes": {"specie": 3}}, {"species": IDS}, ValueError, "mean 'species'"),
    "no outputs": ({}, {}, ValueError, "empty dict"),
    "a bad output": ({}, {"species": NUMBERS}, ValueError, "float32 labels 'species'"),
    "an output of strings": ({}, {"species": ["a", "b"]}, TypeError, "string labels 'species'"),
    "an output of another size": ({}, {"species": IDS, "sex": IDS[:4]}, ValueError, r"labels 'sex' \(4,\)"),
}


@pytest.mark.parametrize(("options", "labels", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_when_called(options, labels, error, message):
    with pytest.raises(error, match=message):
        cm.CutMix(**options)(IMAGES, labels, seed=SEED)


REFUSED_WHEN_RUN = {
    "an id beyond the classes": ({"num_classes": 9}, IDS, r"lie in \[0, 8\], since num_classes=9"),
    "a negative id": ({"num_classes": 100}, IDS - 1, r"lie in \[0, 99\]"),
    "values of NaN": ({"regression": True}, NUMBERS + np.nan, "must be finite"),
    "negative values without asking": ({}, -tf.ones([COUNT, 2]), "Values to predict need regression=True"),
}


@pytest.mark.parametrize(("options", "labels", "message"), REFUSED_WHEN_RUN.values(), ids=REFUSED_WHEN_RUN)
def test_refused_when_run(options, labels, message):
    mixer = cm.CutMix(**options)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        mixer(IMAGES, labels, seed=SEED)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        list(tf.data.Dataset.from_tensors((IMAGES, labels)).map(mixer))


def test_a_number_of_classes_that_only_shows_when_run_is_refused():
    spec = [tf.TensorSpec(IMAGES.shape, IMAGES.dtype), tf.TensorSpec([None, None], tf.float32)]
    mix = tf.function(cm.CutMix(num_classes=4), input_signature=spec)
    assert mix(IMAGES, tf.one_hot(IDS, 4))[1].shape == (COUNT, 4)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"soft labels must be \(batch, 4\)"):
        mix(IMAGES, tf.one_hot(IDS, 5))


BAD_OPTIONS = {
    "one class": ({"num_classes": 1}, ValueError, "at least 2"),
    "a fraction of a class": ({"num_classes": {"sex": 2.5}}, TypeError, r"num_classes\['sex'\]"),
    "classes of a number": ({"num_classes": {3: 2}}, TypeError, "one for each named output"),
    "regression by a name": ({"regression": "age"}, TypeError, r"such as \('age',\)"),
    "classes and values": ({"num_classes": 3, "regression": True}, ValueError, "class ids or values to predict"),
    "an output of both": ({"num_classes": {"a": 3}, "regression": ["a"]}, ValueError, "name the outputs of each"),
    "a negative seed": ({"seed": -1}, ValueError, "seed must be at least 0"),
    "two seeds": ({"seed": (1, 2)}, TypeError, "seed must be a whole number"),
}


@pytest.mark.parametrize("kind", [cm.CutMix, cm.FeatureCutMix])
@pytest.mark.parametrize(("options", "error", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_options_are_refused(kind, options, error, message):
    with pytest.raises(error, match=message):
        kind(**options)


@pytest.mark.parametrize("option", [{"num_classes": 3}, {"seed": 0}, {"regression": True}, {"images_key": "photo"}])
def test_options_of_inner_mixers_would_be_ignored_and_are_refused(option):
    with pytest.raises(ValueError, match=r"write OneOf\("):
        cm.OneOf([cm.MixUp(), cm.CutMix(**option)])
    with pytest.raises(ValueError, match=r"write OneHotTarget\("):
        cm.mixing.OneHotTarget(cm.CutMix(**option))
