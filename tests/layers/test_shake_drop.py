"""ShakeDrop: its factors forward and of the gradient, and its expectation in inference."""

import keras
import numpy as np
import pytest
from helpers.layers_at_work import infer, ones, train
from helpers.small_models import some

from cutmix_tf.layers import ShakeDrop


def factors(layer, batch, calls, shape=(2, 3)):
    """The factors forward and of the gradient, (calls, batch) each, with a check that examples have one each."""
    if keras.config.backend() != "tensorflow":
        pytest.skip("reads gradients from TensorFlow's tape")
    import tensorflow as tf

    x = tf.constant(np.abs(some(batch, *shape)) + 0.5)
    weights = tf.constant(some(batch, *shape) + 5)

    @tf.function(autograph=False)
    def both():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
        return y / x, tape.gradient(y, x, output_gradients=weights) / weights

    drawn = np.array([[ratio.numpy() for ratio in both()] for _ in range(calls)]).reshape(calls, 2, batch, -1)
    np.testing.assert_allclose(drawn, np.broadcast_to(drawn[..., :1], drawn.shape), rtol=1e-4, atol=1e-6)
    return drawn[:, 0, :, 0], drawn[:, 1, :, 0]


def test_perturbed_batches_have_a_factor_of_their_own_for_the_gradient():
    forward, backward = factors(ShakeDrop(0.5, seed=9), batch=8, calls=400)
    calm = np.isclose(forward, 1, atol=1e-6).all(axis=1)
    assert calm.mean() == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(backward[calm], 1, rtol=1e-6)  # the same coin on the way back
    a, c = forward[~calm], backward[~calm]
    assert a.min() >= -1
    assert c.min() >= 0
    assert max(a.max(), c.max()) <= 1 + 1e-6
    assert (a.mean(), c.mean()) == pytest.approx((0, 0.5), abs=0.05)
    assert (a.std(), c.std()) == pytest.approx((2 / np.sqrt(12), 1 / np.sqrt(12)), abs=0.03)
    assert abs(np.corrcoef(a.ravel(), c.ravel())[0, 1]) < 0.1  # fresh draws
    assert abs(np.corrcoef(a[:, 0], a[:, 1])[0, 1]) < 0.25  # of each example


def test_examples_may_toss_coins_of_their_own():
    forward, backward = factors(ShakeDrop(0.3, per="example", seed=10), batch=8, calls=200)
    calm = np.isclose(forward, 1, atol=1e-6) & np.isclose(backward, 1, atol=1e-6)
    assert calm.mean() == pytest.approx(0.7, abs=0.05)
    assert (calm.any(axis=1) & ~calm.all(axis=1)).mean() > 0.5


@pytest.mark.parametrize(("alpha", "mean"), [((-1, 1), 0.0), ((0, 1), 0.5), ((1, 1), 1.0)])
def test_shake_drop_scales_by_the_expectation_in_inference(alpha, mean):
    drop_rate, x = 0.4, some(3, 2, 5, 4)
    expected = (1 - drop_rate) + drop_rate * mean
    np.testing.assert_allclose(infer(ShakeDrop(drop_rate, alpha), x), expected * x, rtol=1e-6)
    many = ShakeDrop(drop_rate, alpha, per="example", seed=11)
    assert train(many, ones(20_000, 1)).mean() == pytest.approx(expected, abs=0.02)


def test_a_calm_branch_passes_unchanged():
    x = 1e3 * some(3, 2, 5, 4)
    np.testing.assert_array_equal(train(ShakeDrop(0.0), x), x)
