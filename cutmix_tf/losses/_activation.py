"""Notices probabilities where a loss expects logits."""

import warnings
from typing import Any

import keras
import numpy as np

_PASSING_ON = ("Cast", "Identity", "Reshape", "Squeeze")


def warn_if_activated(y_pred: Any, loss: str, activations: tuple[str, ...]) -> None:
    """Warns if predictions that should be logits went through an activation, as far as can be seen on TensorFlow.

    In a graph the operation that made them is looked at. In eager mode their values are, which show a softmax only.

    Args:
      y_pred: The predictions.
      loss: The loss that takes them for logits.
      activations: TensorFlow's names of the activations that make probabilities.
    """
    activation = _operation_of(y_pred)
    if activation not in activations:
        activation = "Softmax" if _are_distributions(y_pred) else None
    if activation is not None:
        warnings.warn(
            f"{loss}(from_logits=True) received the output of a {activation.lower()} and will apply another. Remove "
            f"the model's last activation, or use {loss}(from_logits=False).",
            stacklevel=4,
        )


def _operation_of(tensor: Any) -> str | None:
    """The type of the operation of a TensorFlow graph that made a tensor, before changes of its dtype and shape."""
    operation = getattr(tensor, "op", None)
    while operation is not None and operation.type in _PASSING_ON:
        operation = operation.inputs[0].op
    return None if operation is None else operation.type


def _are_distributions(tensor: Any) -> bool:
    """Whether the values of an array or an eager tensor of TensorFlow are distributions over the last axis."""
    on_tensorflow = keras.backend.backend() == "tensorflow" and hasattr(tensor, "numpy")  # only there are they at hand
    if not isinstance(tensor, np.ndarray) and not on_tensorflow:
        return False
    values = np.asarray(tensor, np.float32)
    sums_to_one = abs(values.sum(axis=-1) - 1) < 1e-2  # half precision rounds
    return values.size > 0 and bool((values >= 0).all() and sums_to_one.all())
