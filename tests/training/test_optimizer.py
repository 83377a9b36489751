"""The optimizer against the official update rule, and learning rates by hand."""

import keras
import numpy as np
import pytest
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
    optimizer = build_optimizer(settings, steps_per_epoch=7)
    for epoch in range(0, epochs, max(1, epochs // 20)):
        rate = 0.1 ** sum(epoch >= drop for drop in expected)
        for step in (7 * epoch, 7 * epoch + 6):
            optimizer.iterations.assign(step)
            np.testing.assert_allclose(float(optimizer.learning_rate), rate, rtol=1e-5)


def test_optimizer_is_serializable():
    rate = LearningRate(0.1, "step", 100, drops=(50,))
    original = CoupledSGD(l2=1e-4, learning_rate=rate, momentum=0.9)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original))
    assert copy.get_config() == original.get_config()
    assert copy.l2 == 1e-4
    copy.iterations.assign(50)
    np.testing.assert_allclose(float(copy.learning_rate), 0.01)
