"""How functions are executed in a test."""

import contextlib

import tensorflow as tf


@contextlib.contextmanager
def op_by_op():
    """Functions run eagerly, one operation at a time: fast when every call has new shapes or settings."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
