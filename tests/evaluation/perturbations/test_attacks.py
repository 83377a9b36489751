"""Adversarial images: how far pixels move, and in which direction."""

import keras
import numpy as np
import pytest
from helpers.evaluated_models import MEAN, SIZE, STD, in_pixels, small_model

from cutmix_tf.evaluation.metrics import top_k_error
from cutmix_tf.evaluation.perturbations import fgsm, pgd


def error_of(model, images, labels):
    return top_k_error(model.logits(images), labels)


@pytest.mark.slow
def test_an_attack_of_no_strength_changes_nothing(model, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    for attack in (fgsm, pgd):
        np.testing.assert_array_equal(attack(model, images, labels, 0), images)


@pytest.mark.parametrize(("mean", "std"), [((0.0,) * 3, (1.0,) * 3), (MEAN, STD), ((0.0,) * 3, (255.0,) * 3)])
def test_each_pixel_moves_by_epsilon_whatever_the_normalization(mean, std, small_set):
    model = in_pixels(small_model(), mean, std)
    images, labels = small_set.test.images.astype(np.float32), small_set.test.labels
    moved = fgsm(model, images, labels, 8, clip=False) - images
    np.testing.assert_allclose(np.abs(moved).max(axis=(1, 2, 3)), 8)
    np.testing.assert_array_equal(moved, np.rint(moved / 8) * 8)  # −8, 0 or 8
    assert (np.abs(moved) == 8).mean() > 0.9
    moved = pgd(model, images, labels, 8, clip=False) - images
    np.testing.assert_allclose(np.abs(moved).max(axis=(1, 2, 3)), 8, rtol=1e-5)


def test_the_step_goes_up_the_gradient(small_set):
    """The gradient of a linear model is known: its own class is subtracted, the others are added by probability."""
    inputs = keras.Input((SIZE, SIZE, 3))
    linear = keras.Model(inputs, keras.layers.Dense(2, use_bias=False)(keras.layers.Flatten()(inputs)))
    model = in_pixels(linear)
    images, labels = small_set.test.images, small_set.test.labels % 2
    kernel = np.asarray(linear.layers[-1].kernel).reshape(SIZE, SIZE, 3, 2)
    up = np.sign(kernel[..., 1 - labels] - kernel[..., labels]).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(fgsm(model, images, labels, 3, clip=False), images + 3 * up)
    np.testing.assert_allclose(fgsm(model, images, labels, 3), np.clip(images + 3 * up, 0, 255))
    np.testing.assert_allclose(pgd(model, images, labels, 3, steps=4, step=1), np.clip(images + 3 * up, 0, 255))


def test_several_steps_fool_at_least_as_often_as_one(model, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    clean = error_of(model, images, labels)
    one, many = (error_of(model, attack(model, images, labels, 30), labels) for attack in (fgsm, pgd))
    assert clean < one <= many


def test_attacks_do_not_change_the_model(model, small_set):
    before = [np.array(weight) for weight in model.keras_model.weights]
    pgd(model, small_set.test.images, small_set.test.labels)
    for weight, old in zip(model.keras_model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_bad_attacks_are_refused(model, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    with pytest.raises(ValueError, match="epsilon must be at least 0"):
        fgsm(model, images, labels, -1)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        pgd(model, images, labels, steps=0)
    with pytest.raises(ValueError, match="Each image needs a label"):
        fgsm(model, images, labels[:-1])


def test_attacks_on_another_backend_are_refused(model, small_set, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="An attack by gradients needs Keras on TensorFlow; it runs on jax"):
        fgsm(model, small_set.test.images, small_set.test.labels)
