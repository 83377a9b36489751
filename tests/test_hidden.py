"""Mixing hidden features: plans, targets, and models that are cut at their taps."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf.mixing._hidden import partners_in_groups
from cutmix_tf.models import TappedModel, mix_features

ROOT = Path(__file__).parents[1]
TAPS = (0, 1, 2, 3)


def network():
    keras.utils.set_random_seed(0)
    return cm.models.build("resnet20", num_classes=5, input_shape=(16, 12, 3))


@pytest.fixture(scope="module")
def base():
    return network()


@pytest.fixture(scope="module")
def tapped(base):
    return TappedModel(base, TAPS)


def batch(count=12):
    images = np.random.default_rng(0).normal(size=(count, 16, 12, 3)).astype("float32")
    return images, np.arange(count, dtype=np.int32) % 5


MIXERS = [cm.FeatureCutMix(taps=TAPS), cm.ManifoldMixUp(taps=TAPS), cm.FeatureCutMix(taps=TAPS, per="batch", alpha=0.5)]


# ---- plans and targets ----


@pytest.mark.parametrize("mixer", MIXERS, ids=repr)
def test_targets_are_counted_on_the_drawn_tap_s_grid(tapped, mixer):
    """Features that show their example's number tell, after mixing, the share that the target claims."""
    mixer, seen = tapped.bind(mixer), set()
    images, _ = batch()
    for step in range(24):
        inputs, targets = mixer(images, tf.range(12), seed=(1, step))
        plan = inputs["plan"]
        tap = int(plan["tap"][0])
        assert (plan["tap"].numpy() == tap).all()
        seen.add(tap)
        height, width = tapped.grids[tap]
        numbers = tf.broadcast_to(tf.reshape(tf.range(12.0), [-1, 1, 1, 1]), [12, height, width, 2])
        shown = np.asarray(mix_features(numbers, plan)).mean(axis=(1, 2, 3))
        np.testing.assert_allclose((targets[:, :, 0] * targets[:, :, 1]).numpy().sum(axis=1), shown, atol=1e-5)
        np.testing.assert_array_equal(inputs["images"], images)
    assert seen == set(range(len(TAPS)))


def test_taps_are_drawn_equally_often(tapped):
    mixer, (images, labels) = tapped.bind(MIXERS[0]), batch(2)
    taps = [int(mixer(images, labels, seed=(2, step))[0]["plan"]["tap"][0]) for step in range(400)]
    np.testing.assert_allclose(np.bincount(taps) / 400, 0.25, atol=0.08)


@pytest.mark.parametrize(("count", "replicas"), [(12, 1), (12, 3), (11, 3), (9, 4), (1, 4), (5, 2)])
def test_partners_stay_in_their_replica_s_part_and_are_somebody_else(count, replicas):
    seen = set()
    for step in range(60):
        first, partner = (part.numpy() for part in partners_in_groups((1, step), count, replicas))
        group = -(-count // replicas)
        place, size = np.arange(count), np.minimum(group, count - first)
        np.testing.assert_array_equal(first, place // group * group)
        assert ((partner >= 0) & (partner < size)).all()
        assert (partner + first != place)[size > 1].all()
        seen.add(partner.tobytes())
    assert len(seen) >= max(min(group, count) - 1, 1)


def test_same_bits_in_every_way_of_calling(tapped):
    images, labels = batch()
    for mixer in map(tapped.bind, MIXERS):
        expected = tf.nest.flatten(mixer(images, labels, seed=(3, 5)))
        graph = tf.function(mixer)(images, labels, seed=tf.constant([3, 5]))
        mapped = tf.data.Dataset.from_tensors((images, labels)).map(
            lambda *parts, mixer=mixer: mixer(*parts, seed=(3, 5)), num_parallel_calls=8
        )
        for other in (tf.nest.flatten(graph), tf.nest.flatten(next(iter(mapped)))):
            for part, other_part in zip(expected, other, strict=True):
                np.testing.assert_array_equal(part, other_part)


def test_weights_are_mixed_and_strength_thins_out(tapped):
    mixer, (images, labels) = tapped.bind(MIXERS[0]), batch()
    weights = np.linspace(0, 1, 12).astype("float32")
    _, targets, mixed = mixer(images, labels, weights, seed=(1, 1))
    assert mixed.shape == (12,)
    assert targets.shape == (12, 2, 2)
    inputs, targets = mixer(images, labels, seed=(1, 1), strength=0.0)
    assert not inputs["plan"]["box"].numpy().any()
    np.testing.assert_array_equal(targets[:, 0, 1], 1)


# ---- the model ----


def empty(plan):
    return {**plan, "box": tf.zeros_like(plan["box"])}


def test_an_empty_plan_gives_the_model_s_own_bits(base, tapped):
    images, labels = batch()
    for step, mixer in enumerate(map(tapped.bind, MIXERS)):
        inputs, _ = mixer(images, labels, seed=(1, step))
        mixed = tapped({**inputs, "plan": empty(inputs["plan"])}, training=False)
        np.testing.assert_array_equal(mixed, base(images, training=False))
    np.testing.assert_array_equal(tapped(images, training=False), base(images, training=False))


@pytest.mark.parametrize("mixer", MIXERS[:2], ids=repr)
def test_mixing_at_a_tap_is_mixing_its_features_by_hand(base, tapped, mixer):
    images, labels = batch()
    mixer, names = tapped.bind(mixer), [None, "stem_out", "stage1_block3_out", "stage2_block3_out"]
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


def test_features_are_mixed_as_pictures_are():
    """The same boxes and partners as a pasting plan of the data pipeline, and blends in the features' own dtype."""
    features = tf.random.stateless_normal([6, 5, 7, 4], (0, 0))
    canvas = cm.mixing.Canvas(6, 5, 7)
    for mixer in (cm.CutMix(), cm.MixUp()):
        plan = mixer.plan(canvas, tf.constant([1, 2]))
        rows = {"box": plan.box, "partner": plan.partner}
        if plan.own_share is not None:
            rows["own_share"] = plan.own_share
        np.testing.assert_allclose(mix_features(features, rows), cm.mixing.apply_plan(plan, features), rtol=1e-6)
        assert mix_features(tf.cast(features, tf.float16), rows).dtype == tf.float16


def test_gradients_flow_and_weights_are_shared():
    model = network()
    tapped = TappedModel(model, TAPS)
    assert {id(weight) for weight in tapped.weights} == {id(weight) for weight in model.weights}
    tapped.compile("sgd", loss=cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()])
    before = [np.array(weight) for weight in model.trainable_weights]
    dataset = tf.data.Dataset.from_tensor_slices(batch(24)).batch(8).map(tapped.bind(MIXERS[0]))
    tapped.fit(dataset, validation_data=tf.data.Dataset.from_tensors(batch()), verbose=0, shuffle=False)
    changed = [np.any(old != np.array(new)) for old, new in zip(before, model.trainable_weights, strict=True)]
    assert all(changed)


def test_the_base_model_is_saved_and_loaded(base, tapped, tmp_path):
    tapped.base.save(tmp_path / "base.keras")
    loaded = keras.saving.load_model(tmp_path / "base.keras")
    images, _ = batch()
    np.testing.assert_array_equal(loaded(images, training=False), tapped(images, training=False))


def test_taps_by_name_and_at_other_networks():
    model = cm.models.build("resnet18", num_classes=5, input_shape=(64, 64, 3), stem="imagenet")
    assert TappedModel(model, (0, 1, 2, 3, 4)).grids == ((64, 64), (16, 16), (16, 16), (8, 8), (4, 4))
    assert TappedModel(model, ("stage2_block1_out",)).grids == ((8, 8),)


BAD = [
    ((7,), "has no tap 7"),
    (("stage1_block1_ouch",), "Did you mean 'stage1_block1_out'"),
    (("stage1_block2_conv1",), "can't be cut between"),
    ((2, 1), "can't be cut between"),
    (("logits",), "feature map of known height and width"),
]


@pytest.mark.parametrize(("taps", "message"), BAD, ids=str)
def test_bad_taps_are_refused(base, taps, message):
    with pytest.raises(ValueError, match=message):
        TappedModel(base, taps)


def test_what_does_not_belong_together_is_refused(base, tapped):
    images, labels = batch()
    with pytest.raises(ValueError, match="bind it first"):
        cm.FeatureCutMix()(images, labels)
    with pytest.raises(ValueError, match="taps must be the model's"):
        tapped.bind(cm.FeatureCutMix(taps=(0,)))
    with pytest.raises(TypeError, match="takes \\(images, labels\\)"):
        tapped.bind(MIXERS[0])({"images": images, "labels": labels})
    with pytest.raises(TypeError, match="functional model"):
        TappedModel(keras.Sequential(), (0,))
    with pytest.raises(ValueError, match="taps must be different"):
        cm.FeatureCutMix(taps=(1, 1))


TWO_REPLICAS = """
import sys
sys.path.insert(0, "tests")
import numpy as np, tensorflow as tf
from cutmix_tf.training._devices import find_devices
find_devices("mirrored:2").scope().__enter__()
strategy = tf.distribute.get_strategy()
import cutmix_tf as cm
from cutmix_tf.models import mix_features
grids, size = ((8, 6), (4, 3)), 10
for mixer in (cm.FeatureCutMix(taps=(0, 1)), cm.ManifoldMixUp(taps=(0, 1))):
    mixer = mixer.bound_to(grids, 2)
    examples = tf.data.Dataset.from_tensor_slices((tf.reshape(tf.range(47.0), [47, 1, 1, 1]), tf.range(47)))
    mixed = examples.batch(size).map(mixer)

    @tf.function
    def errors(inputs, targets):
        plan, worst = inputs["plan"], tf.constant(0.0)
        for tap, grid in enumerate(grids):
            shown = mix_features(tf.broadcast_to(inputs["images"], [tf.shape(targets)[0], *grid, 1]), plan)
            claimed = tf.reduce_sum(targets[:, :, 0] * targets[:, :, 1], axis=1)
            error = tf.abs(tf.reduce_mean(shown, axis=[1, 2, 3]) - claimed)
            worst = tf.maximum(worst, tf.reduce_max(tf.where(plan["tap"] == tap, error, 0.0)))
        return worst, tf.shape(targets)[0]

    for batch in strategy.experimental_distribute_dataset(mixed):
        worst, counts = strategy.run(errors, args=batch)
        print(*(float(value) for value in strategy.experimental_local_results(worst)),
              *(int(value) for value in strategy.experimental_local_results(counts)))
"""


def test_under_two_replicas_every_target_describes_its_features():
    child = subprocess.run([sys.executable, "-c", TWO_REPLICAS], capture_output=True, text=True, check=True, cwd=ROOT)
    rows = [[float(value) for value in line.split()] for line in child.stdout.splitlines()]
    assert len(rows) == 10
    for first, second, *counts in rows:
        assert max(first, second) < 1e-3
        assert counts in ([5, 5], [4, 3])
