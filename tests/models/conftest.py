"""Fixtures of the model tests."""

import keras
import pytest


@pytest.fixture
def policy():
    """Sets the global dtype policy for one test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.fixture
def symbolic(monkeypatch):
    """Weights start as zeros: shapes and wiring are the same, and large models are there at once."""
    monkeypatch.setattr(keras.initializers, "VarianceScaling", lambda *_, **__: "zeros")
    monkeypatch.setattr(keras.initializers, "RandomUniform", lambda *_, **__: "zeros")
    yield
    keras.backend.clear_session()
