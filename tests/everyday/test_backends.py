"""The same training on each of Keras' backends: equal seeds give the same batches, so the same losses."""

import functools
import importlib.util
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from helpers import processes

from cutmix_tf.datasets import load
from cutmix_tf.inference import Classifier


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


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_what_one_backend_trains_another_predicts_with(backend, tmp_path):
    """The command trains on that backend; its classifier gives the same probabilities there and on TensorFlow."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    command(backend, tmp_path, "train", "shapes_resnet20_cutmix", "--fast-dev-run", "--run-dir", "run")
    image = load("shapes").test.images[0]
    (tmp_path / "image.png").write_bytes(tf.io.encode_png(image).numpy())
    run = tmp_path / "run_fast_dev_run_1"
    expected = Classifier.load(run).predict(image[None], top=3)
    printed = command(backend, tmp_path, "predict", str(run), "image.png", "--top", "3")
    for name, share in zip(expected.names[0], expected.probabilities[0], strict=True):
        (found,) = re.findall(rf"{name} ([\d.]+) %", printed)
        assert float(found) == pytest.approx(100 * share, abs=0.1)


def command(backend, folder, *words):
    """What the command prints on that backend."""
    environment = {**os.environ, "KERAS_BACKEND": backend}
    words = [sys.executable, "-m", "cutmix_tf", *words]
    return subprocess.run(words, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
