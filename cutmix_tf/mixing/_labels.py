"""Labels and sample weights of a mixed batch, from the plan that mixed its images."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf


def map_labels(function: Callable[[str | None, Any], Any], labels: Any, name: str | None = None) -> Any:
    """`function(name, label)` of the label of each output, in the structure of the labels.

    Args:
      function: Gets the output's name, with slashes between nested keys; None if there is a single output.
      labels: A label, or a dict or a tuple of them, which may be nested.
      name: What to put in front of the names.
    """
    if isinstance(labels, dict):
        parts = labels.items()
    elif isinstance(labels, tuple) and any(isinstance(part, dict | np.ndarray | tf.Tensor) for part in labels):
        parts = enumerate(labels)
    else:
        return function(name, labels)
    mapped = {key: map_labels(function, part, f"{name}/{key}" if name else str(key)) for key, part in parts}
    return mapped if isinstance(labels, dict) else tuple(mapped.values())


def mix_labels(labels: Any, partner, own_weight, sample_weight=None) -> tuple[Any, tf.Tensor | None]:
    """The targets of a mixed batch: λ of the own label, 1 − λ of the partner's.

    Args:
      labels: As `read_labels` returns them.
      partner: int32 (batch,).
      own_weight: λ, float32 (batch,).
      sample_weight: None or float (batch,). The mixed weight is λ·w_a + (1 − λ)·w_b and the targets' weights
        are those two terms' shares of it, so that weight × loss = λ·w_a·loss(a) + (1 − λ)·w_b·loss(b) for a loss that
        is linear in the target, and up to a constant for squared errors.

    Returns:
      Targets in the structure of the labels: pair targets float32 (batch, 2, 2) for class ids, mixtures like the labels
      for floats; and the mixed sample weight, or None.
    """
    if sample_weight is not None:
        own_weight, sample_weight = _mix_weights(sample_weight, partner, own_weight)
    return map_labels(lambda _, label: _mix(label, partner, own_weight), labels), sample_weight


def _mix(labels: tf.Tensor, partner: tf.Tensor, own_weight: tf.Tensor) -> tf.Tensor:
    """The target of one output."""
    if labels.dtype.is_integer:
        ids = tf.cast(tf.stack([labels, tf.gather(labels, partner)], axis=1), tf.float32)
        weights = tf.stack([own_weight, 1 - own_weight], axis=1)
        return tf.stack([ids, weights], axis=2)
    return _blend(labels, tf.gather(labels, partner), own_weight if labels.shape.rank == 1 else own_weight[:, None])


def _mix_weights(sample_weight, partner, own_weight):
    mixed = _blend(sample_weight, tf.gather(sample_weight, partner), own_weight)
    own_part = tf.cast(own_weight, tf.float64) * tf.cast(sample_weight, tf.float64)
    share = tf.cast(own_part / tf.cast(mixed, tf.float64), tf.float32)
    return tf.where(mixed == 0, own_weight, tf.clip_by_value(share, 0, 1)), mixed


def _blend(own, other, own_weight):
    """own_weight·own + (1 − own_weight)·other, through float64, where compiled code rounds the same."""
    share = tf.cast(own_weight, tf.float64)
    return tf.cast(share * tf.cast(own, tf.float64) + (1 - share) * tf.cast(other, tf.float64), own.dtype)
