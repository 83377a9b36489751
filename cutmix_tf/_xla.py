"""XLA where it exists: one place decides whether functions are compiled."""

import functools
from collections.abc import Callable

import tensorflow as tf


@functools.cache
def available() -> bool:
    """Whether this TensorFlow compiles a function with XLA on its CPU; tried once, on a trivial one."""
    try:
        with tf.init_scope(), tf.device("CPU:0"):
            tf.function(lambda x: x + 1, jit_compile=True)(tf.constant(1))
    except (tf.errors.OpError, ValueError):  # built without XLA, or for a device that has none
        return False
    return True


def compiled(function: Callable) -> Callable:
    """The function as one XLA-compiled graph; as a plain graph where XLA is not there."""
    return tf.function(function, jit_compile=available(), reduce_retracing=True, autograph=False)
