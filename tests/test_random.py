"""Random bits and what is drawn with them."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from cutmix_tf import _random

ALPHAS = [0.1, 0.2, 0.5, 1.0, 2.0, 4.0]


def bits(count, seed=(1, 2)):
    return _random.random_bits(seed, [count])


@pytest.mark.parametrize("alpha", ALPHAS)
def test_beta_has_the_distribution_of_its_alpha(alpha):
    draws = _random.beta(bits(100_000), alpha).numpy()
    assert stats.kstest(draws[:4000], stats.beta(alpha, alpha).cdf).pvalue > 0.01
    np.testing.assert_allclose(draws.mean(), 0.5, atol=0.005)
    np.testing.assert_allclose(draws.var(), 1 / (4 * (2 * alpha + 1)), rtol=0.02)


@pytest.mark.parametrize("alpha", [1e-3, 0.05, 30.0, 1e4])
def test_beta_works_for_any_alpha(alpha):
    draws = _random.beta(bits(1000), alpha).numpy()
    assert ((draws >= 0) & (draws <= 1)).all()
    assert len(np.unique(draws)) > 1


@pytest.mark.parametrize("alpha", [5e-324, 1e-310, 3e-308, 1e-200])
def test_beta_of_tiny_alphas_draws_one_of_the_two_ends(alpha):
    draws = _random.beta(bits(1000), alpha).numpy()
    assert ((draws < 1e-300) | (draws == 1)).all()
    assert 0.4 < draws.mean() < 0.6


@pytest.mark.parametrize("alpha", [1e12, 1e100, 1e308])
def test_beta_of_huge_alphas_draws_one_half(alpha):
    np.testing.assert_allclose(_random.beta(bits(1000), alpha), 0.5, atol=1e-4)


def test_normal_draws_are_standard_normal():
    draws = _random.normal(bits(100_000)).numpy()
    assert stats.kstest(draws[:4000], "norm").pvalue > 0.01
    np.testing.assert_allclose([draws.mean(), draws.std()], [0, 1], atol=0.01)


def test_integers_are_uniform():
    draws = _random.uniform_integers(bits(70_000), 7).numpy()
    assert stats.chisquare(np.bincount(draws, minlength=7)).pvalue > 0.01
    assert (draws.min(), draws.max()) == (0, 6)


@pytest.mark.parametrize("prob", [0.0, 0.3, 1.0])
def test_coins_are_exact_at_the_ends(prob):
    share = tf.reduce_mean(tf.cast(_random.coins(bits(50_000), prob), tf.float64))
    np.testing.assert_allclose(share, prob, atol=0 if prob in (0, 1) else 0.01)


def test_child_streams_are_independent():
    first, second = _random.child_seeds((3, 4), 2)
    streams = [_random.random_bits(seed, [20_000]).numpy() / 2**32 for seed in (first, second, (3, 4))]
    for one, other in itertools.combinations(streams, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.03


def test_hashed_bits_are_uniform_and_unrelated_between_neighbors():
    hashed = _random.hashed_bits(tf.constant([[5], [6]], tf.uint32), tf.cast(tf.range(100_000)[None], tf.uint32))
    share = hashed.numpy() / 2**32
    for row in share:
        assert stats.kstest(row, "uniform").pvalue > 1e-3
        assert abs(np.corrcoef(row[1:], row[:-1])[0, 1]) < 0.02
    assert abs(np.corrcoef(share)[0, 1]) < 0.02
    ones = np.unpackbits(hashed.numpy().view(np.uint8)).mean()
    assert abs(ones - 0.5) < 0.002
