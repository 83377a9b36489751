"""The optimizer against the official update rule, and learning rates by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.small_runs import config

from cutmix_tf.training._optimizer import CoupledSGD, LearningRate, build_optimizer, drop_epochs


@pytest.mark.parametrize("momentum", [0.9, 0.0])
def test_decay_is_part_of_the_gradient(momentum):
    """Against the update rule of the official code, by hand, with a constant learning rate."""
    rate, decay = 0.1, 0.01
    variable = keras.Variable([1.0, -2.0])
    optimizer = CoupledSGD(l2=decay, learning_rate=rate, momentum=momentum, nesterov=momentum > 0)
    weight, velocity = np.array([1.0, -2.0]), np.zeros(2)
    for step in range(5):
        gradient = np.array([0.5, 0.25 * step])
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
        total = gradient + decay * weight
        velocity = momentum * velocity + total
        weight = weight - rate * (total + momentum * velocity)
    np.testing.assert_allclose(variable, weight, rtol=1e-6)


def test_adamw_shrinks_kernels_apart_from_their_gradient_and_leaves_vectors_alone(tmp_path):
    """Against the update rule of the paper, by hand: its step has the length of the rate whatever the gradient is."""
    rate, decay = 0.1, 0.05
    settings = config(tmp_path, optimizer="adamw", learning_rate=rate, schedule="constant", weight_decay=decay)
    kernel, bias = keras.Variable([[2.0, -4.0]]), keras.Variable([3.0])
    optimizer = build_optimizer(settings, 1, [kernel, bias])
    optimizer.apply([keras.ops.ones((1, 2)) * 7, keras.ops.zeros(1)], [kernel, bias])
    np.testing.assert_allclose(kernel, np.array([[2.0, -4.0]]) * (1 - rate * decay) - rate, rtol=1e-5)
    np.testing.assert_array_equal(bias, [3.0])


# ---- clipping ----

GRADIENTS = [np.array([3.0, 0.0], np.float32), np.array([[4.0]], np.float32)]  # together of norm 5


@pytest.mark.parametrize(("limit", "factor"), [(None, 1), (10.0, 1), (5.0, 1), (1.0, 0.2)])
@pytest.mark.parametrize("make", [CoupledSGD, keras.optimizers.SGD], ids=["ours", "Keras'"])
def test_gradients_are_scaled_down_to_a_norm_over_all_parameters(make, limit, factor):
    name = "clip_norm" if make is CoupledSGD else "global_clipnorm"  # on one replica the same
    variables = [keras.Variable(np.zeros_like(gradient)) for gradient in GRADIENTS]
    make(learning_rate=1.0, **{name: limit}).apply([keras.ops.convert_to_tensor(each) for each in GRADIENTS], variables)
    for variable, gradient in zip(variables, GRADIENTS, strict=True):
        np.testing.assert_allclose(variable, -factor * gradient, rtol=1e-6)


def test_the_penalty_is_not_clipped():
    """As with PyTorch's clip_grad_norm_, which sees the gradient of the loss alone."""
    variable = keras.Variable([30.0, 0.0])
    optimizer = CoupledSGD(l2=0.1, learning_rate=1.0, clip_norm=1.0)
    optimizer.apply([keras.ops.convert_to_tensor(np.float32([0, 8]))], [variable])
    np.testing.assert_allclose(variable, [27.0, -1.0], rtol=1e-6)


def test_a_gradient_of_zero_stays_zero():
    variable = keras.Variable([1.0])
    CoupledSGD(learning_rate=1.0, clip_norm=1.0).apply([keras.ops.zeros(1)], [variable])
    np.testing.assert_array_equal(variable, [1.0])


def test_the_gradient_of_the_whole_batch_is_clipped_on_two_replicas():
    """Shares (3, 0) and (0, 4) of the gradient (3, 4): clipped to 2.5 it is (1.5, 2)."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        variable, optimizer = keras.Variable([0.0, 0.0]), CoupledSGD(learning_rate=1.0, clip_norm=2.5)
        optimizer.build([variable])

    def step(replica):
        gradient = tf.constant([[3.0, 0.0], [0.0, 4.0]])[replica]
        optimizer.apply([gradient], [variable])

    replicas = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(context.replica_id_in_sync_group)
    )
    tf.function(lambda: strategy.run(step, args=(replicas,)))()
    np.testing.assert_allclose(variable, [-1.5, -2.0], rtol=1e-6)


RATES = {
    "step": ({"schedule": "step", "drops": (50, 75)}, {0: 1, 49: 1, 50: 0.1, 74: 0.1, 75: 0.01, 99: 0.01}),
    "cosine": ({"schedule": "cosine"}, {0: 1, 50: 0.5, 100: 0}),
    "constant": ({"schedule": "constant"}, {0: 1, 99: 1}),
    "warm-up": ({"schedule": "step", "drops": (50,), "warmup_steps": 4}, {0: 0.25, 3: 1, 4: 1, 50: 0.1}),
    "warm-up to a cosine": ({"schedule": "cosine", "warmup_steps": 20}, {0: 0.05, 20: 1, 60: 0.5}),
}


@pytest.mark.parametrize(("settings", "expected"), RATES.values(), ids=RATES)
def test_learning_rates_by_hand(settings, expected):
    rate = LearningRate(peak=2.0, total_steps=100, **settings)
    for step, factor in expected.items():
        np.testing.assert_allclose(rate(step), 2.0 * factor, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("epochs", "milestones", "expected"),
    [
        (300, (0.5, 0.75), [150, 225]),
        (300, (0.25, 0.5, 0.75), [75, 150, 225]),
        (5, (0.5, 0.75), [3, 4]),
        (10, (0.3,), [3]),  # 0.3 · 10 is a little more than 3 in floats
        (3, (0.0, 1.0), [0, 3]),
    ],
)
def test_the_rate_drops_where_an_epoch_begins(tmp_path, epochs, milestones, expected):
    settings = config(tmp_path, epochs=epochs, milestones=milestones, learning_rate=1.0)
    assert drop_epochs(settings) == expected
    optimizer = build_optimizer(settings, 7, [])
    for epoch in range(0, epochs, max(1, epochs // 20)):
        rate = 0.1 ** sum(epoch >= drop for drop in expected)
        for step in (7 * epoch, 7 * epoch + 6):
            optimizer.iterations.assign(step)
            np.testing.assert_allclose(float(optimizer.learning_rate), rate, rtol=1e-5)


def test_optimizer_is_serializable():
    rate = LearningRate(0.1, "step", 100, drops=(50,))
    original = CoupledSGD(l2=1e-4, learning_rate=rate, momentum=0.9, clip_norm=0.5)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original))
    assert copy.get_config() == original.get_config()
    assert (copy.l2, copy.clip_norm) == (1e-4, 0.5)
    copy.iterations.assign(50)
    np.testing.assert_allclose(float(copy.learning_rate), 0.01)
