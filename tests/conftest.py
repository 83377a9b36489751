"""Two logical CPUs for replica tests and quiet logs, before TensorFlow does anything; memory is freed after a file."""

import ctypes
import gc
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import tensorflow as tf

from cutmix_tf import _xla

pytest.register_assert_rewrite("helpers")  # so that their assertions show values too
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


def pytest_collection_finish():
    """Leaves what was imported out of garbage collections, which would otherwise take a twentieth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def free_memory():
    """Forgets compiled functions and Keras' state after each file, and returns what that frees to the system."""
    yield
    _xla.clear_compiled()
    keras.backend.clear_session()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):  # without it, glibc keeps freed memory
        ctypes.CDLL(None).malloc_trim(0)
