"""Color augmentation against formulas in NumPy, and the distributions it is drawn from."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from cutmix_tf.pipeline._color import Jitter, apply_jitter, apply_lighting, sample_jitter, sample_lighting

RANDOM = np.random.default_rng(0)


def loop_jitter(image, kinds, amounts):
    """One image in float64; the official code's formulas, with g - t·g for brightness."""
    for kind, t in zip(kinds, amounts, strict=True):
        gray = (image @ np.array([0.299, 0.587, 0.114]))[..., None]
        if kind == 0:
            image = image * (1 - t)
        elif kind == 1:
            image = image + t * (gray - image)
        else:
            image = image + t * (gray.mean() - image)
    return image


def test_jitter_in_each_order():
    kinds = np.array(list(itertools.permutations(range(3))), np.int32)
    amounts = RANDOM.uniform(-0.4, 0.4, (6, 3)).astype(np.float32)
    images = RANDOM.uniform(0, 255, (6, 5, 4, 3)).astype(np.float32)
    expected = [loop_jitter(*case) for case in zip(images.astype(np.float64), kinds, amounts, strict=True)]
    jittered = apply_jitter(tf.constant(images), Jitter(tf.constant(kinds), tf.constant(amounts)))
    np.testing.assert_allclose(jittered, expected, rtol=1e-5, atol=1e-3)
    assert np.max(jittered) > 255  # nothing is clipped


def test_jitter_draws_orders_and_amounts_evenly():
    kinds, amounts = (np.asarray(part) for part in sample_jitter(30_000, (1, 2)))
    orders, counts = np.unique(kinds, axis=0, return_counts=True)
    np.testing.assert_array_equal(orders, list(itertools.permutations(range(3))))
    np.testing.assert_allclose(counts / 30_000, 1 / 6, atol=0.01)
    quantiles = np.quantile(amounts, [0, 0.25, 0.5, 0.75, 1], axis=0)
    np.testing.assert_allclose(quantiles, np.tile([[-0.4], [-0.2], [0], [0.2], [0.4]], 3), atol=0.008)
    np.testing.assert_allclose(np.corrcoef(amounts.T), np.eye(3), atol=0.02)


def test_lighting_adds_a_sum_of_components():
    amounts = np.array([[0, 0, 0], [0.1, -0.2, 0.3]], np.float32)
    images = RANDOM.uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)
    lit = apply_lighting(tf.constant(images), tf.constant(amounts))
    np.testing.assert_array_equal(lit[0], images[0])
    directions = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
    color = 255 * directions @ (amounts[1] * [0.2175, 0.0188, 0.0045])
    np.testing.assert_allclose(lit[1] - images[1], np.broadcast_to(color, (3, 4, 3)), atol=1e-4)


def test_lighting_amounts_are_normal():
    amounts = np.asarray(sample_lighting(50_000, (3, 4)))
    shares = [np.mean(amounts < 0.1 * z, axis=0) for z in (-2, -1, 0, 1, 2)]
    expected = np.array([0.02275, 0.15866, 0.5, 0.84134, 0.97725])[:, None]
    np.testing.assert_allclose(shares, np.tile(expected, 3), atol=0.008)
    np.testing.assert_allclose(np.corrcoef(amounts.T), np.eye(3), atol=0.02)


@pytest.mark.slow
def test_color_is_the_same_compiled():
    images = tf.constant(RANDOM.uniform(0, 255, (8, 6, 5, 3)).astype(np.float32))

    def color(images, seed):
        images = apply_jitter(images, sample_jitter(8, seed))
        return apply_lighting(images, sample_lighting(8, seed))

    expected = color(images, (1, 2))
    compiled = tf.function(color, jit_compile=True)(images, tf.constant([1, 2]))
    np.testing.assert_allclose(compiled, expected, rtol=1e-5, atol=1e-3)
