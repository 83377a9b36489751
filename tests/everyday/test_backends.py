"""The same training on each of Keras' backends: equal seeds give the same batches, so the same losses."""

import functools
import importlib.util

import numpy as np
import pytest
from helpers import processes


@functools.cache
def trained_on(backend):
    """Loss and validation accuracy of each epoch."""
    lines = processes.run("train_anywhere", KERAS_BACKEND=backend).splitlines()
    return np.array([[float(number) for number in line.split()] for line in lines])


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_backend_trains_alike(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    expected = trained_on("tensorflow")
    assert expected.shape == (3, 2)
    np.testing.assert_allclose(trained_on(backend), expected, atol=2e-3)
