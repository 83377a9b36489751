"""Distributions of what is drawn, and parity with the official algorithm on equal draws."""

import itertools

import numpy as np
import oracle
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import cutmix_tf as cm
from cutmix_tf import _random
from cutmix_tf.mixing import Plan, apply_plan, own_weight
from cutmix_tf.mixing._boxes import clipped_boxes, sides_for_share, uniform_centers

ALPHAS = [0.1, 0.2, 0.5, 1.0, 2.0, 4.0]


def bits(count, seed=(1, 2)):
    return _random.random_bits(seed, [count])


@pytest.mark.parametrize("alpha", ALPHAS)
def test_share_before_clipping_is_a_beta(alpha):
    draws = _random.beta(bits(4000), alpha).numpy()
    assert stats.kstest(draws, stats.beta(alpha, alpha).cdf).pvalue > 0.01


@pytest.mark.parametrize("alpha", ALPHAS)
def test_beta_has_the_variance_of_its_alpha(alpha):
    draws = _random.beta(bits(100_000), alpha).numpy()
    np.testing.assert_allclose(draws.mean(), 0.5, atol=0.005)
    np.testing.assert_allclose(draws.var(), 1 / (4 * (2 * alpha + 1)), rtol=0.02)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_blended_shares_are_a_beta(alpha):
    targets = cm.MixUp(alpha=alpha)(tf.zeros([4000, 1, 1, 1]), tf.range(4000), seed=(7, 7))[1]
    own = targets[:, 0, 1].numpy().astype(np.float64)
    np.testing.assert_allclose((own < 0.5).mean(), 0.5, atol=0.03)
    lower = own[own < 0.5]  # near 1 float32 has too few values to tell a Beta of small alpha
    assert stats.kstest(lower, lambda share: 2 * stats.beta(alpha, alpha).cdf(share)).pvalue > 0.01


def test_integers_are_uniform():
    draws = _random.uniform_integers(bits(70_000), 7).numpy()
    assert stats.chisquare(np.bincount(draws, minlength=7)).pvalue > 0.01
    assert draws.min() == 0
    assert draws.max() == 6


@pytest.mark.parametrize("prob", [0.0, 0.3, 1.0])
def test_coins_are_exact_at_the_ends(prob):
    share = tf.reduce_mean(tf.cast(_random.coins(bits(50_000), prob), tf.float64))
    np.testing.assert_allclose(share, prob, atol=0 if prob in (0, 1) else 0.01)


@pytest.mark.parametrize(("size", "expected"), [(32, 0.2992), (64, 0.3101), (224, 0.3178)])
def test_mean_donor_share_of_the_official_sampling(size, expected):
    """The exact expectations of Yun et al.'s sampling at alpha 1; over 500,000 draws the error is about 0.0003."""
    drawn = _random.random_bits((5, 6), [3, 500_000])
    sides = sides_for_share(_random.beta(drawn[0], 1.0), size, size)
    boxes = clipped_boxes(uniform_centers(drawn[1], drawn[2], size, size), sides, size, size)
    np.testing.assert_allclose(1 - tf.reduce_mean(own_weight(Plan(boxes), size, size)), expected, atol=0.0012)


def test_mixed_batches_have_that_donor_share():
    images, labels = tf.zeros([4000, 32, 32, 1], tf.uint8), tf.range(4000)
    donor = [tf.reduce_mean(cm.CutMix()(images, labels, seed=(0, n))[1][:, 1, 1]) for n in range(20)]
    np.testing.assert_allclose(np.mean(donor), 0.2992, atol=0.004)


def test_partners_are_uniform_over_the_others():
    images, labels = tf.zeros([8, 1, 1, 1]), tf.range(8)
    counts = np.zeros((8, 8))
    for step in range(1500):
        targets = cm.MixUp()(images, labels, seed=(2, step))[1].numpy().astype(int)
        counts[targets[:, 0, 0], targets[:, 1, 0]] += 1
    assert (np.diag(counts) == 0).all()
    for own in range(8):
        assert stats.chisquare(np.delete(counts[own], own)).pvalue > 0.001


def test_one_of_draws_by_weight():
    mixer = cm.OneOf([cm.MixUp(alpha=1e-6), cm.CutMix(prob=0), cm.Cutout(size=2, fill=5)], weights=[2, 1, 1])
    images = tf.zeros([4000, 2, 2, 1])
    mixed, targets = mixer(images, tf.range(4000), seed=(0, 0))
    erased = tf.reduce_any(mixed == 5, axis=[1, 2, 3]).numpy().mean()
    partner_alone = (targets[:, 0, 1].numpy() == 0).mean()  # MixUp with λ of 0 or 1, as often
    np.testing.assert_allclose([erased, partner_alone], [0.25, 0.25], atol=0.035)


def test_child_streams_are_independent():
    first, second = _random.child_seeds((3, 4), 2)
    pairs = [_random.random_bits(seed, [20_000]).numpy() / 2**32 for seed in (first, second, (3, 4))]
    for one, other in itertools.combinations(pairs, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.03


@settings(max_examples=200, deadline=None)
@given(
    height=st.integers(1, 65),
    width=st.integers(1, 65),
    share=st.floats(0, 1),
    place=st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True)),
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
def test_a_batch_is_mixed_as_the_official_code_does(size):
    draw = np.random.default_rng(4)
    images = draw.random((6, *size, 3), np.float32)
    for _ in range(20):
        share, partner = draw.random(), draw.permutation(6)
        row, column = draw.integers(size[0]), draw.integers(size[1])
        mixed, box, kept = oracle.official_cutmix(images, partner, share, row, column)
        plan = Plan(box=tf.tile(tf.constant([box]), [6, 1]), partner=tf.constant(partner, tf.int32))
        np.testing.assert_array_equal(apply_plan(plan, tf.constant(images)), mixed)
        np.testing.assert_allclose(own_weight(plan, *size), np.full(6, kept), rtol=0, atol=1e-7)


def test_a_box_mask_by_eye():
    plan = Plan(box=tf.constant([[1, 0, 3, 2], [0, 0, 0, 0]]), partner=tf.constant([1, 0]))
    images = tf.constant([[[0] * 5] * 4, [[1] * 5] * 4])[..., None]
    np.testing.assert_array_equal(
        apply_plan(plan, images)[0, ..., 0],
        [
            [0, 0, 0, 0, 0],
            [1, 1, 0, 0, 0],
            [1, 1, 0, 0, 0],
            [0, 0, 0, 0, 0],
        ],
    )
    np.testing.assert_array_equal(own_weight(plan, 4, 5), np.float32([0.8, 1.0]))


@pytest.mark.parametrize("alpha", [1e-3, 0.05, 30.0, 1e4])
def test_any_alpha_works(alpha):
    draws = _random.beta(bits(1000), alpha).numpy()
    assert np.isfinite(draws).all()
    assert ((draws >= 0) & (draws <= 1)).all()
