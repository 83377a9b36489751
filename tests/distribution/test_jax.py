"""Keras' JAX backend computes the same from equal weights, and trains from the same pipeline, on two devices too."""

import importlib.util

import keras
import numpy as np
import pytest
from helpers.both_backends import all_models, outputs_of
from helpers.processes import run
from helpers.small_runs import assert_same_bits, weights_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs jax: pip install jax"),
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares with TensorFlow"),
]


def test_models_loss_metrics_and_taps_agree_and_train(tmp_path):
    models = list(all_models())
    for number, model in enumerate(models):
        model.save_weights(tmp_path / f"{number}.weights.h5")
    run("compute_on_jax", tmp_path, KERAS_BACKEND="jax")
    jax, expected = np.load(tmp_path / "jax.npz"), outputs_of(models)
    assert set(jax.files) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(jax[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_two_devices_train_as_one_does_and_resume_after_a_kill(tmp_path):
    run("train_on_jax", tmp_path, KERAS_BACKEND="jax", XLA_FLAGS="--xla_force_host_platform_device_count=2")
    for one, two in zip(weights_of(tmp_path / "one"), weights_of(tmp_path / "two"), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    assert_same_bits(tmp_path / "killed", tmp_path / "two")
    partners = np.load(tmp_path / "partners.npy")
    assert partners.max() < 8  # of the 16 images in a batch, those on the same device
