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


def mix_labels(labels: Any, partner, weights, sample_weight=None) -> tuple[Any, tf.Tensor | None]:
    """The targets of a mixed batch: λ of the own label, 1 − λ of the partner's.

    Args:
      labels: As `read_labels` returns them.
      partner: int32 (batch,).
      weights: λ, float32 (batch,); or both weights, float32 (batch, 2), whose sum need not be one.
      sample_weight: None or float (batch,). The mixed weight is λ·w_a + (1 − λ)·w_b and the targets' weights
        are those two terms' shares of it, so that weight × loss = λ·w_a·loss(a) + (1 − λ)·w_b·loss(b) for a loss that
        is linear in the target, and up to a constant for squared errors. If both weights are given, the targets'
        weights keep their sum, and the mixed weight makes up for it.

    Returns:
      Targets in the structure of the labels: pair targets float32 (batch, 2, 2) for class ids, mixtures like the labels
      for floats; and the mixed sample weight, or None.
    """
    if sample_weight is not None:
        weigh = _weigh if weights.shape.rank == 1 else _weigh_both
        weights, sample_weight = weigh(sample_weight, tf.gather(sample_weight, partner), weights)
    return map_labels(lambda _, label: _mix(label, partner, weights), labels), sample_weight


def _mix(labels: tf.Tensor, partner: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The target of one output."""
    if labels.dtype.is_integer:
        ids = tf.cast(tf.stack([labels, tf.gather(labels, partner)], axis=1), tf.float32)
        return tf.stack([ids, tf.stack(_both(weights, tf.float32), axis=1)], axis=2)
    return _blend(labels, tf.gather(labels, partner), weights)


def _both(weights: tf.Tensor, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
    """The weights of the own label and of the partner's, in that dtype."""
    if weights.shape.rank == 1:
        own = tf.cast(weights, dtype)
        return own, 1 - own
    own, other = tf.unstack(tf.cast(weights, dtype), axis=1)
    return own, other


def _weigh(sample_weight, partners, own_weight):
    mixed = _blend(sample_weight, partners, own_weight)
    own_part = tf.cast(own_weight, tf.float64) * tf.cast(sample_weight, tf.float64)
    share = tf.cast(own_part / tf.cast(mixed, tf.float64), tf.float32)
    return tf.where(mixed == 0, own_weight, tf.clip_by_value(share, 0, 1)), mixed


def _weigh_both(sample_weight, partners, weights):
    each = tf.cast(tf.stack([sample_weight, partners], axis=1), tf.float64)
    parts = tf.cast(weights, tf.float64) * each
    total = tf.reduce_sum(tf.cast(weights, tf.float64), axis=1)
    mixed = tf.cast(tf.math.divide_no_nan(tf.reduce_sum(parts, axis=1), total), sample_weight.dtype)
    shares = tf.cast(parts / tf.cast(mixed, tf.float64)[:, None], tf.float32)
    return tf.where((mixed == 0)[:, None], weights, shares), mixed


def _blend(own, other, weights):
    """The weighted sum of both, through float64, where compiled code rounds the same."""
    own_weight, other_weight = _both(weights, tf.float64)
    if own.shape.rank == 2:
        own_weight, other_weight = own_weight[:, None], other_weight[:, None]
    return tf.cast(own_weight * tf.cast(own, tf.float64) + other_weight * tf.cast(other, tf.float64), own.dtype)
