"""Run-time checks of values, which no trace can see."""

import tensorflow as tf


def guarded(tensor: tf.Tensor, condition: tf.Tensor, message: str, received: tf.Tensor) -> tf.Tensor:
    """The tensor, once the condition holds.

    Raises:
      tf.errors.InvalidArgumentError: when it does not, with the message and the first values received.
        Inside a function that the caller compiles with XLA nothing is checked: XLA has no assertions.
    """
    check = tf.debugging.Assert(condition, [message, "Received:", received])
    with tf.control_dependencies([] if check is None else [check]):  # None in eager mode: already checked
        return tf.identity(tensor)
