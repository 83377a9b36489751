"""Conversion to tensors, with errors that say what could not be converted."""

from typing import Any

import tensorflow as tf


def as_tensor(name: str, value: Any) -> tf.Tensor:
    """The value as a dense tensor. Raises TypeError if it can't be one: None, a dict, rows of unequal lengths, …."""
    try:
        return tf.convert_to_tensor(value)
    except (ValueError, TypeError, tf.errors.OpError):
        raise TypeError(f"{name} must be an array or a dense tensor; got {type(value).__name__} {value!r}.") from None
