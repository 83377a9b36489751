"""Run-time checks of values, which are unknown when a function is traced."""

import tensorflow as tf


def guarded(tensor: tf.Tensor, condition: tf.Tensor, message: str, received: tf.Tensor) -> tf.Tensor:
    """The tensor, provided that the condition holds.

    Raises:
      tf.errors.InvalidArgumentError: if it does not hold, with the message and the first values received. Inside a
        function that the caller compiles with XLA nothing is checked: XLA has no assertions.
    """
    check = tf.debugging.Assert(condition, [message, "Received:", received])
    with tf.control_dependencies([] if check is None else [check]):  # None in eager mode: already checked
        return tf.identity(tensor)
