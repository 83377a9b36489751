"""Strength and schedules: how many examples are mixed at a step."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws

import cutmix_tf as cm
from cutmix_tf.mixing import MixSchedule


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_strength_leaves_examples_as_they_were(strength):
    images, labels = tf.random.stateless_uniform([3000, 4, 4, 1], (0, 0)), tf.range(3000)
    full, targets = cm.MixUp()(images, labels, seed=(1, 2))
    weaker, weaker_targets = cm.MixUp()(images, labels, seed=(1, 2), strength=strength)
    mixed = weaker_targets[:, 1, 1].numpy() > 0
    assert abs(mixed.mean() - strength) < 0.05
    np.testing.assert_allclose(weaker, np.where(mixed[:, None, None, None], full, images), rtol=1e-6)
    np.testing.assert_array_equal(weaker_targets[:, 1, 1], np.where(mixed, targets[:, 1, 1], 0))


def test_strength_thins_out_erasing_too():
    images = tf.zeros([2000, 4, 4, 1])
    erased = tf.reduce_any(cm.Cutout(size=4, fill=9)(images, seed=(1, 2), strength=0.25) == 9, axis=[1, 2, 3])
    assert abs(np.mean(erased) - 0.25) < 0.04


def test_the_coin_of_strength_is_independent_of_the_partner():
    batch = laws.painted_batch(count=3)
    targets = [np.asarray(cm.MixUp()(*batch, strength=0.5, seed=(9, step))[1])[0] for step in range(40)]
    assert {partner for (_, partner), (_, share) in (target.T for target in targets) if share > 0} == {1, 2}


@pytest.mark.parametrize(
    "strength", [1.5, -0.1, "x", True, [0.5, 0.5], tf.constant([0.5, 0.5]), tf.constant(1)], ids=str
)
def test_bad_strengths_are_refused(strength):
    with pytest.raises((TypeError, ValueError), match="strength must be"):
        cm.CutMix()(*laws.painted_batch(), strength=strength)


def test_a_schedule_by_hand():
    line = MixSchedule(((0.0, 0.2), (0.5, 0.2), (0.5, 1.0), (1.0, 0.0)), 100)
    values = [float(line(step)) for step in (0, 25, 49, 50, 75, 99, 100, 200)]
    np.testing.assert_allclose(values, [0.2, 0.2, 0.2, 1.0, 0.5, 0.02, 0.0, 0.0], atol=1e-12)


BAD = {
    "no points": ((), 10, "needs points"),
    "a number": ((0.5,), 10, "Each point of a mixing schedule"),
    "a triple": (((0, 1, 2),), 10, "Each point of a mixing schedule"),
    "beyond the training": (((0, 1), (1.5, 1)), 10, "each share must be at least 0 and at most 1"),
    "too strong": (((0, 2),), 10, "each strength must be at least 0 and at most 1"),
    "backwards": (((0.5, 1), (0.2, 1)), 10, "must not decrease"),
    "no steps": (((0, 1),), 0, "total_steps must be at least 1"),
}


@pytest.mark.parametrize(("points", "steps", "message"), BAD.values(), ids=BAD)
def test_bad_schedules_are_refused(points, steps, message):
    with pytest.raises(ValueError, match=message):
        MixSchedule(points, steps)
