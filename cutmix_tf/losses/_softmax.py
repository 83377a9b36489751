"""Notices probabilities where a loss expects logits."""

import warnings
from typing import Any

import numpy as np

_PASSING_ON = ("Cast", "Identity", "Reshape", "Squeeze")


def warn_if_softmax(y_pred: Any) -> None:
    """Warns if predictions that should be logits went through a softmax, as far as can be seen on TensorFlow.

    In a graph the operation that made them is looked at; in eager mode, their values.
    """
    if _is_softmax(y_pred) or _are_probabilities(y_pred):
        warnings.warn(
            "MixedCrossentropy(from_logits=True) received the output of a softmax and will apply another. Remove the "
            "model's last activation, or use MixedCrossentropy(from_logits=False).",
            stacklevel=3,
        )


def _is_softmax(tensor: Any) -> bool:
    """Whether a tensor of a TensorFlow graph is the result of a softmax."""
    operation = getattr(tensor, "op", None)
    while operation is not None and operation.type in _PASSING_ON:
        operation = operation.inputs[0].op
    return operation is not None and operation.type == "Softmax"


def _are_probabilities(tensor: Any) -> bool:
    """Whether the values of an array or an eager tensor of TensorFlow are distributions over the last axis."""
    if not isinstance(tensor, np.ndarray) and not hasattr(tensor, "numpy"):
        return False
    values = np.asarray(tensor, np.float32)
    sums_to_one = abs(values.sum(axis=-1) - 1) < 1e-2  # half precision rounds
    return values.size > 0 and bool((values >= 0).all() and sums_to_one.all())
