"""Labels and sample weights of a mixed batch, from the plan that mixed its images."""

import functools
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import tensorflow as tf

from cutmix_tf.mixing._plan import Plan, own_weight


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


def partners_of(plan: Plan) -> tf.Tensor:
    """All partners whose labels belong to a plan's targets: int32 (batch,), or (batch, 3) if the plan has tiles."""
    partner = cast(tf.Tensor, plan.partner)
    if plan.tiles is None:
        return partner
    return tf.where(plan.tiles.is_tiled(plan.box)[:, None], plan.tiles.partners, partner[:, None])


def pixel_weights(plan: Plan, height, width) -> tf.Tensor:
    """The shares of pixels by which labels are mixed, each correctly rounded.

    They are the own label's, float32 (batch,); if the plan has tiles, the own label's and those of `partners_of`,
    float32 (batch, 4). The last two are 0 where an example is not tiled.
    """
    own = own_weight(plan, height, width)
    if plan.tiles is None:
        return own
    shares = tf.cast(plan.tiles.areas(height, width), tf.float64) / tf.cast(height * width, tf.float64)
    pair = tf.stack([own, 1 - own, tf.zeros_like(own), tf.zeros_like(own)], axis=1)
    return tf.where(plan.tiles.is_tiled(plan.box)[:, None], tf.cast(shares, tf.float32), pair)


def mix_labels(labels: Any, partner, weights, sample_weight=None) -> tuple[Any, tf.Tensor | None]:
    """The targets of a mixed batch: λ of the own label, 1 − λ of the partner's.

    Args:
      labels: As `read_labels` returns them.
      partner: int32 (batch,); or those of several partners, int32 (batch, k - 1).
      weights: λ, float32 (batch,); or all weights, float32 (batch, k), the own label's first, whose sum need not be
        one. k is 2 for one partner.
      sample_weight: None or float (batch,). The mixed weight is λ·w_a + (1 − λ)·w_b and the targets' weights
        are those two terms' shares of it, so that weight × loss = λ·w_a·loss(a) + (1 − λ)·w_b·loss(b) for a loss that
        is linear in the target, and up to a constant for squared errors. If both weights are given, the targets'
        weights keep their sum, and the mixed weight makes up for it.

    Returns:
      Targets in the structure of the labels: pair targets float32 (batch, 2, 2) for class ids, mixtures like the labels
      for floats; and the mixed sample weight, or None.
    """
    if sample_weight is not None:
        weigh = _weigh if weights.shape.rank == 1 else _weigh_all
        weights, sample_weight = weigh(sample_weight, tf.gather(sample_weight, partner), weights)
    return map_labels(lambda _, label: _mix(label, partner, weights), labels), sample_weight


def _mix(labels: tf.Tensor, partner: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The target of one output."""
    if labels.dtype.is_integer:
        ids = tf.cast(_with_own(labels, tf.gather(labels, partner)), tf.float32)
        return tf.stack([ids, tf.stack(_columns(weights, tf.float32), axis=1)], axis=2)
    partners = tf.unstack(partner, axis=1) if partner.shape.rank == 2 else [partner]
    return _blend([labels, *(tf.gather(labels, each) for each in partners)], weights)


def _with_own(own: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Each example's value and those of its partners, (batch,) or (batch, k - 1): (batch, k)."""
    return tf.concat([own[:, None], others if others.shape.rank == 2 else others[:, None]], axis=1)


def _columns(weights: tf.Tensor, dtype: tf.DType) -> list[tf.Tensor]:
    """The weights of the own label and of the partners', in that dtype: each (batch,)."""
    if weights.shape.rank == 1:
        own = tf.cast(weights, dtype)
        return [own, 1 - own]
    return tf.unstack(tf.cast(weights, dtype), axis=1)


def _weigh(sample_weight, partners, own_weight):
    mixed = _blend([sample_weight, partners], own_weight)
    own_part = tf.cast(own_weight, tf.float64) * tf.cast(sample_weight, tf.float64)
    share = tf.cast(own_part / tf.cast(mixed, tf.float64), tf.float32)
    return tf.where(mixed == 0, own_weight, tf.clip_by_value(share, 0, 1)), mixed


def _weigh_all(sample_weight, partners, weights):
    each = tf.cast(_with_own(sample_weight, partners), tf.float64)
    parts = tf.cast(weights, tf.float64) * each
    total = tf.reduce_sum(tf.cast(weights, tf.float64), axis=1)
    mixed = tf.cast(tf.math.divide_no_nan(tf.reduce_sum(parts, axis=1), total), sample_weight.dtype)
    shares = tf.cast(parts / tf.cast(mixed, tf.float64)[:, None], tf.float32)
    return tf.where((mixed == 0)[:, None], weights, shares), mixed


def _blend(values: list[tf.Tensor], weights: tf.Tensor) -> tf.Tensor:
    """The weighted sum of all values, through float64, where compiled code rounds the same."""
    parts = [
        (weight[:, None] if value.shape.rank == 2 else weight) * tf.cast(value, tf.float64)
        for value, weight in zip(values, _columns(weights, tf.float64), strict=True)
    ]
    return tf.cast(functools.reduce(tf.add, parts), values[0].dtype)
