"""CutMix: boxes and batches like the official algorithm's on equal draws, and its mean share of pasted pixels."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracle
from hypothesis import given, settings
from hypothesis import strategies as some

import cutmix_tf as cm
from cutmix_tf import _random
from cutmix_tf.mixing import Plan, apply_plan, own_weight
from cutmix_tf.mixing._boxes import clipped_boxes, sides_for_share, uniform_centers


@settings(max_examples=100, deadline=None)
@given(
    height=some.integers(1, 65),
    width=some.integers(1, 65),
    share=some.floats(0, 1),
    place=some.tuples(some.floats(0, 1, exclude_max=True), some.floats(0, 1, exclude_max=True)),
)
def test_boxes_are_the_official_ones(height, width, share, place):
    row, column = int(place[0] * height), int(place[1] * width)
    sides = sides_for_share(tf.constant([share], tf.float64), height, width)
    box = clipped_boxes(tf.constant([[row, column]]), sides, height, width)
    expected = oracle.official_box(share, row, column, height, width)
    np.testing.assert_array_equal(box[0], expected)
    top, left, bottom, right = expected
    kept = np.float32(1 - (bottom - top) * (right - left) / (height * width))
    np.testing.assert_allclose(own_weight(Plan(box), height, width)[0], kept, rtol=0, atol=1e-7)


@pytest.mark.parametrize("size", [(32, 32), (33, 31), (8, 20), (7, 5)], ids=str)
def test_a_batch_is_mixed_as_by_the_official_code(size):
    draw = np.random.default_rng(4)
    images = draw.random((6, *size, 3), np.float32)
    for _ in range(20):
        share, partner = draw.random(), draw.permutation(6)
        row, column = draw.integers(size[0]), draw.integers(size[1])
        mixed, box, kept = oracle.official_cutmix(images, partner, share, row, column)
        plan = Plan(box=tf.tile(tf.constant([box]), [6, 1]), partner=tf.constant(partner, tf.int32))
        np.testing.assert_array_equal(apply_plan(plan, tf.constant(images)), mixed)
        np.testing.assert_allclose(own_weight(plan, *size), np.full(6, kept), rtol=0, atol=1e-7)


@pytest.mark.parametrize(("size", "expected"), [(32, 0.2992), (64, 0.3101), (224, 0.3178)])
def test_mean_pasted_share_of_the_official_sampling(size, expected):
    """The exact expectations of Yun et al.'s sampling for alpha 1; over 500,000 draws the error is about 0.0003."""
    drawn = _random.random_bits((5, 6), [3, 500_000])
    sides = sides_for_share(_random.beta(drawn[0], 1.0), size, size)
    boxes = clipped_boxes(uniform_centers(drawn[1], drawn[2], size, size), sides, size, size)
    np.testing.assert_allclose(1 - tf.reduce_mean(own_weight(Plan(boxes), size, size)), expected, atol=0.0012)


def test_mixed_batches_have_that_mean_share():
    images, labels = tf.zeros([4000, 32, 32, 1], tf.uint8), tf.range(4000)
    pasted = [tf.reduce_mean(cm.CutMix()(images, labels, seed=(0, n))[1][:, 1, 1]) for n in range(20)]
    np.testing.assert_allclose(np.mean(pasted), 0.2992, atol=0.004)


BAD = {
    "alpha 0": ({"alpha": 0}, ValueError, "alpha must be above 0; got 0"),
    "alpha NaN": ({"alpha": float("nan")}, ValueError, "alpha must be above 0"),
    "alpha infinite": ({"alpha": float("inf")}, ValueError, "alpha must be above 0"),
    "alpha a string": ({"alpha": "1"}, TypeError, "alpha must be a number"),
    "alpha true": ({"alpha": True}, TypeError, "alpha must be a number"),
    "prob above 1": ({"prob": 1.5}, ValueError, "prob must be at least 0 and at most 1"),
    "per misspelled": ({"per": "exampel"}, ValueError, "Did you mean 'example'"),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        cm.CutMix(**settings)
