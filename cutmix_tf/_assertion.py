"""A check of values inside a training step, where Keras' backend has one."""

from typing import Any

import keras
import tensorflow as tf


def assert_when_run(condition: Any, message: str, received: Any) -> None:
    """Stops the step in which `condition` is false, on Keras' TensorFlow backend.

    On other backends, and inside functions that XLA compiles, values can't be checked, and nothing happens.

    Args:
      condition: A boolean scalar tensor.
      message: What was needed.
      received: A tensor to show behind the message.

    Raises:
      tf.errors.InvalidArgumentError: when run, if the condition is false.
    """
    if keras.backend.backend() == "tensorflow":
        tf.debugging.Assert(condition, [message, received])
