"""Mixing features: plans, targets, partners in replicas, and plans that features can't be mixed by."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import cases
from helpers.marks import rows

import cutmix_tf as cm
from cutmix_tf.mixing import BoundMixer, HiddenMixer, Plan
from cutmix_tf.mixing._hidden import partners_in_groups
from cutmix_tf.mixing._options import is_option
from cutmix_tf.models import mix_features

PROGRAM = Path(__file__).parents[1] / "programs" / "mix_on_replicas.py"
GRIDS = ((16, 12), (8, 6), (5, 3), (1, 1))
IMAGES = np.random.default_rng(0).normal(size=(12, 16, 12, 3)).astype("float32")
LABELS = np.arange(12, dtype=np.int32) % 5


def bound(mixer, replicas=1):
    return mixer.bound_to(GRIDS, replicas)


def each(methods, fast=None):
    return pytest.mark.parametrize("mixer", rows(methods, fast))


# ---- plans and targets ----


@each(cases.HIDDEN)
def test_targets_describe_the_features_of_the_drawn_tap(mixer):
    """Features that show the number of their example have, after mixing, the mean that the target promises."""
    mixer, seen = bound(mixer), set()
    for step in range(24):
        inputs, targets = mixer(IMAGES, tf.range(12), seed=(1, step))
        plan = inputs["plan"]
        tap = int(plan["tap"][0])
        assert (plan["tap"].numpy() == tap).all()
        seen.add(tap)
        height, width = GRIDS[tap]
        numbers = tf.broadcast_to(tf.reshape(tf.range(12.0), [-1, 1, 1, 1]), [12, height, width, 2])
        shown = np.asarray(mix_features(numbers, plan)).mean(axis=(1, 2, 3))
        np.testing.assert_allclose((targets[:, :, 0] * targets[:, :, 1]).numpy().sum(axis=1), shown, atol=1e-5)
        np.testing.assert_array_equal(inputs["images"], IMAGES)
    assert seen == set(range(len(GRIDS)))


@pytest.mark.slow
def test_taps_are_drawn_equally_often():
    mixer = bound(cm.FeatureCutMix())
    taps = [int(mixer(IMAGES[:2], LABELS[:2], seed=(2, step))[0]["plan"]["tap"][0]) for step in range(400)]
    np.testing.assert_allclose(np.bincount(taps) / 400, 0.25, atol=0.08)


@pytest.mark.slow
@pytest.mark.parametrize(
    "mixer", [cm.ManifoldMixUp(), pytest.param(cm.FeatureCutMix(), marks=pytest.mark.slow)], ids=repr
)
def test_same_bits_in_every_way_of_calling(mixer, xla):
    mixer = bound(mixer)
    expected = tf.nest.flatten(mixer(IMAGES, LABELS, seed=(3, 5)))
    graph = tf.function(mixer)(IMAGES, LABELS, seed=tf.constant([3, 5]))
    mapped = tf.data.Dataset.from_tensors((IMAGES, LABELS)).map(
        lambda *parts: mixer(*parts, seed=(3, 5)), num_parallel_calls=8
    )
    for other in (tf.nest.flatten(graph), tf.nest.flatten(next(iter(mapped)))):
        for part, other_part in zip(expected, other, strict=True):
            np.testing.assert_array_equal(part, other_part)


def test_sample_weights_are_mixed():
    weights = np.linspace(0, 1, 12).astype("float32")
    inputs, targets = bound(cm.FeatureCutMix())(IMAGES, LABELS, seed=(1, 1))
    _, weighted, mixed = bound(cm.FeatureCutMix())(IMAGES, LABELS, weights, seed=(1, 1))
    own, partner = targets[:, 0, 1].numpy(), inputs["plan"]["partner"].numpy()
    np.testing.assert_allclose(mixed, own * weights + (1 - own) * weights[partner], atol=1e-6)
    np.testing.assert_allclose(mixed * weighted[:, 0, 1], own * weights, atol=1e-6)


def test_without_strength_nothing_is_mixed():
    inputs, targets = bound(cm.FeatureCutMix())(IMAGES, LABELS, seed=(1, 1), strength=0.0)
    assert not inputs["plan"]["box"].numpy().any()
    np.testing.assert_array_equal(targets[:, 0, 1], 1)


# ---- replicas ----


@pytest.mark.parametrize(("count", "replicas"), [(12, 1), (12, 3), (11, 3), (9, 4), (1, 4), (5, 2)])
def test_partners_are_others_of_the_same_replica(count, replicas):
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


@each(cases.HIDDEN, ["FeatureCutMix"])
@pytest.mark.parametrize(("count", "replicas", "alone"), [(1, 1, [0]), (5, 2, []), (3, 2, [2]), (4, 4, [0, 1, 2, 3])])
def test_who_is_alone_in_a_replica_stays_as_it_is(mixer, count, replicas, alone):
    moved = np.zeros(count, bool)
    for step in range(8):
        inputs, targets = bound(mixer, replicas)(IMAGES[:count], tf.range(count), seed=(1, step))
        moved |= inputs["plan"]["box"].numpy().any(axis=1)
        for example in alone:
            np.testing.assert_array_equal(targets[example], [[example, 1], [example, 0]])
    np.testing.assert_array_equal(np.flatnonzero(~moved), alone)


@pytest.mark.slow
def test_on_two_replicas_every_target_describes_its_features():
    child = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, check=True)
    rows = [[float(value) for value in line.split()] for line in child.stdout.splitlines()]
    assert len(rows) == 10
    for first, second, *counts in rows:
        assert max(first, second) < 1e-3
        assert counts in ([5, 5], [4, 3])


# ---- refusals ----


@dataclasses.dataclass(frozen=True)
class ByCells(HiddenMixer):
    """A mistake: features are not mixed by cells."""

    def plan(self, canvas, seed):
        return Plan(canvas.whole, cells=tf.ones([canvas.batch, 2, 2], tf.bool))


@dataclasses.dataclass(frozen=True)
class ByErasing(HiddenMixer):
    """A mistake: features are not erased."""

    def plan(self, canvas, seed):
        return cm.Cutout(size=2).plan(canvas, seed)


@pytest.mark.parametrize(("kind", "part"), [(ByCells, "cells"), (ByErasing, "erase")])
def test_plans_that_features_cannot_be_mixed_by_are_refused(kind, part):
    with pytest.raises(ValueError, match=f"{kind.__name__} draws a plan with {part}"):
        bound(kind())(IMAGES, LABELS)


@each(cases.HIDDEN)
def test_a_mixer_without_a_model_is_refused(mixer):
    dataset = tf.data.Dataset.from_tensors((IMAGES, LABELS))
    for call in (lambda: mixer(IMAGES, LABELS), lambda: dataset.map(mixer), lambda: cm.mix(dataset, mixer)):
        with pytest.raises(ValueError, match="bind it first"):
            call()


def test_a_models_grids_are_not_settings():
    settings = [field.name for field in dataclasses.fields(cm.FeatureCutMix) if not is_option(field)]
    assert settings == ["alpha", "prob", "per", "taps"]
    assert bound(cm.FeatureCutMix()) == BoundMixer(cm.FeatureCutMix(), GRIDS)


BAD = {
    "an element": (lambda: bound(cm.FeatureCutMix())({"images": IMAGES}), TypeError, "takes \\(images, labels\\)"),
    "no labels": (lambda: bound(cm.FeatureCutMix())(IMAGES), TypeError, "takes \\(images, labels\\)"),
    "a mixer of images": (lambda: BoundMixer(cm.CutMix(), GRIDS), TypeError, "hidden mixers such as"),
    "too few grids": (lambda: cm.FeatureCutMix().bound_to(GRIDS[:3]), ValueError, "for each of the taps"),
    "flat grids": (lambda: cm.FeatureCutMix(taps=(0,)).bound_to(((4,),)), ValueError, "for each of the taps"),
    "an empty grid": (lambda: cm.FeatureCutMix(taps=(0,)).bound_to(((4, 0),)), ValueError, "at least 1; got 0"),
    "no replicas": (lambda: bound(cm.FeatureCutMix(), 0), ValueError, "replicas must be at least 1"),
    "equal taps": (lambda: cm.FeatureCutMix(taps=(1, 1)), ValueError, "taps must be different"),
    "no taps": (lambda: cm.FeatureCutMix(taps=()), ValueError, "at least one"),
    "a negative tap": (lambda: cm.FeatureCutMix(taps=(-1,)), ValueError, "each tap must be at least 0"),
    "half a tap": (lambda: cm.FeatureCutMix(taps=(0.5,)), TypeError, "each tap must be a whole number"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
