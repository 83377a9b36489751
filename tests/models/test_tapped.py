"""Models that are cut at their taps: the same function without a plan, and features mixed by hand with one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import slow_but
from helpers.small_models import small

import cutmix_tf as cm
from cutmix_tf.models import TappedModel, mix_features

TAPS = (0, 1, 2, 3)
MIXERS = [cm.FeatureCutMix(taps=TAPS), cm.ManifoldMixUp(taps=TAPS)]


@pytest.fixture(scope="module")
def base():
    keras.utils.set_random_seed(0)
    return small("resnet", size=(16, 12))


@pytest.fixture(scope="module")
def tapped(base):
    return TappedModel(base, TAPS)


def batch(count=12):
    images = np.random.default_rng(0).normal(size=(count, 16, 12, 3)).astype("float32")
    return images, np.arange(count, dtype=np.int32) % 5


@pytest.mark.slow
@pytest.mark.parametrize("mixer", slow_but(MIXERS[:1], MIXERS), ids=repr)
def test_an_empty_plan_gives_the_base_models_bits(base, tapped, mixer):
    images, labels = batch()
    inputs, _ = tapped.bind(mixer)(images, labels, strength=0.0)
    np.testing.assert_array_equal(tapped(inputs, training=False), base(images, training=False))
    np.testing.assert_array_equal(tapped(images, training=False), base(images, training=False))


@pytest.mark.slow
@pytest.mark.parametrize("mixer", MIXERS, ids=repr)
def test_mixing_at_a_tap_is_mixing_its_features_by_hand(base, tapped, mixer):
    images, labels = batch()
    mixer, names = tapped.bind(mixer), [None, "stem_out", "stage1_block1_out", "stage2_block2_out"]
    done = set()
    for step in range(30):
        inputs, _ = mixer(images, labels, seed=(7, step))
        tap = int(inputs["plan"]["tap"][0])
        if tap in done:
            continue
        done.add(tap)
        if tap == 0:
            by_hand = base(mix_features(tf.constant(images), inputs["plan"]), training=False)
        else:
            cut = base.get_layer(names[tap]).output
            features = keras.Model(base.inputs[0], cut)(images, training=False)
            by_hand = keras.Model(cut, base.outputs[0])(mix_features(features, inputs["plan"]), training=False)
        np.testing.assert_allclose(tapped(inputs, training=False), by_hand, rtol=1e-5, atol=1e-6)
    assert done == set(range(4))


@pytest.mark.slow
def test_gradients_flow_and_weights_are_shared():
    model = small("resnet", size=(16, 12))
    tapped = TappedModel(model, TAPS)
    assert {id(weight) for weight in tapped.weights} == {id(weight) for weight in model.weights}
    tapped.compile("sgd", loss=cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()])
    before = [np.array(weight) for weight in model.trainable_weights]
    dataset = tf.data.Dataset.from_tensor_slices(batch(24)).batch(8).map(tapped.bind(MIXERS[0]))
    tapped.fit(dataset, validation_data=tf.data.Dataset.from_tensors(batch()), verbose=0, shuffle=False)
    changed = [np.any(old != np.array(new)) for old, new in zip(before, model.trainable_weights, strict=True)]
    assert all(changed)


def test_the_base_model_is_saved_and_loaded(tapped, tmp_path):
    tapped.base.save(tmp_path / "base.keras")
    loaded = keras.saving.load_model(tmp_path / "base.keras")
    images, _ = batch()
    np.testing.assert_array_equal(loaded(images, training=False), tapped(images, training=False))


def test_taps_by_name_and_in_other_models():
    model = cm.models.build("resnet18", num_classes=5, input_shape=(64, 64, 3), stem="imagenet")
    assert TappedModel(model, (0, 1, 2, 3, 4)).grids == ((64, 64), (16, 16), (16, 16), (8, 8), (4, 4))
    assert TappedModel(model, ("stage2_block1_out",)).grids == ((8, 8),)


BAD = [
    ((7,), "has no tap 7"),
    (("stage1_block1_ouch",), "Did you mean 'stage1_block1_out'"),
    (("stage2_block2_conv1",), "can't be cut between"),
    ((2, 1), "can't be cut between"),
    (("logits",), "feature map of known height and width"),
]


@pytest.mark.parametrize(("taps", "message"), BAD, ids=str)
def test_bad_taps_are_refused(base, taps, message):
    with pytest.raises(ValueError, match=message):
        TappedModel(base, taps)


def test_a_mixer_of_other_taps_is_refused(tapped):
    with pytest.raises(ValueError, match="taps must be the model's"):
        tapped.bind(cm.FeatureCutMix(taps=(0,)))


def test_a_model_without_a_graph_is_refused():
    with pytest.raises(TypeError, match="functional model"):
        TappedModel(keras.Sequential(), (0,))


def test_a_partner_of_weight_0_is_ignored_even_if_it_is_nan():
    """As for images: 0 · NaN would be NaN."""
    features = np.ones((2, 4, 4, 3), np.float32)
    features[1] = np.nan
    whole = np.array([[0, 0, 4, 4]] * 2, np.int32)
    shares = np.array([1.0, 0.0], np.float32)
    plan = {"tap": np.zeros(2, np.int32), "box": whole, "partner": np.array([1, 0], np.int32), "own_share": shares}
    mixed = keras.ops.convert_to_numpy(mix_features(keras.ops.convert_to_tensor(features), plan))
    np.testing.assert_array_equal(mixed, np.ones((2, 4, 4, 3), np.float32))
