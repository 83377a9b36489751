"""Labels and sample weights of a mixed batch, from the plan that mixed its images."""

import tensorflow as tf

from cutmix_tf.mixing._guard import guarded

MAX_CLASS_ID = 2**24
"""The largest class id: up to here, ids are exact in the float32 of pair targets."""


def check_labels(labels: tf.Tensor) -> tf.Tensor:
    """The labels as integer class ids (batch,), or as floating soft labels (batch, at least 2 classes).

    Raises:
      ValueError, TypeError: for anything else, at trace time; nothing is broadcast or cast.
      tf.errors.InvalidArgumentError: at run time, for negative labels or ids above `MAX_CLASS_ID`.
    """
    shape, dtype = labels.shape, labels.dtype
    need = "Mixing needs class ids, integers (batch,) or (batch, 1), or soft labels, floats (batch, classes)"
    got = f"got {dtype.name} labels of shape {shape}"
    if shape.rank is None:
        raise ValueError(f"{need}; {got}. Give the labels a known rank, for example with tf.ensure_shape.")
    if shape.rank == 3:
        raise ValueError(
            f"{need}; {got}, which look mixed already. Mix once, or draw one of several mixers with OneOf."
        )
    if dtype.is_integer:
        return _check_ids(labels, need, got)
    if not dtype.is_floating:
        raise TypeError(f"{need}; {got}. Cast them to int32 if they are class ids, to float32 if they are one-hot.")
    if shape.rank != 2 or shape[1] in (0, 1):
        raise ValueError(f"{need}; {got}. If they are class ids, cast them to int32 before mixing.")
    inside = tf.reduce_all((labels >= 0) & tf.math.is_finite(labels))
    return guarded(labels, inside, "Soft labels must not be negative or NaN, or infinite.", labels)


def _check_ids(labels: tf.Tensor, need: str, got: str) -> tf.Tensor:
    if labels.shape.rank == 2 and labels.shape[1] == 1:
        labels = tf.squeeze(labels, axis=1)
    if labels.shape.rank != 1:
        raise ValueError(f"{need}; {got}. If they are one-hot, cast them to float32 before mixing.")
    wide = tf.cast(labels, tf.int64)
    inside = tf.reduce_all((wide >= 0) & (wide <= MAX_CLASS_ID))
    return guarded(labels, inside, f"Class ids must lie in [0, {MAX_CLASS_ID}].", labels)


def mix_labels(labels, partner, own_weight, sample_weight=None):
    """The targets of a mixed batch: λ of the own label, 1 − λ of the partner's.

    Args:
      labels: As `check_labels` returns them.
      partner: int32 (batch,).
      own_weight: λ, float32 (batch,).
      sample_weight: None or float (batch,). The mixed weight is λ·w_a + (1 − λ)·w_b and the targets' weights
        are those two terms' shares of it, so that weight × loss = λ·w_a·CE(a) + (1 − λ)·w_b·CE(b).

    Returns:
      Pair targets float32 (batch, 2, 2) for class ids, soft targets like `labels` for soft labels; and the
      mixed sample weight, or None.
    """
    if sample_weight is not None:
        own_weight, sample_weight = _mix_weights(sample_weight, partner, own_weight)
    if labels.dtype.is_integer:
        ids = tf.cast(tf.stack([labels, tf.gather(labels, partner)], axis=1), tf.float32)
        weights = tf.stack([own_weight, 1 - own_weight], axis=1)
        return tf.stack([ids, weights], axis=2), sample_weight
    return _blend(labels, tf.gather(labels, partner), own_weight[:, None]), sample_weight


def _mix_weights(sample_weight, partner, own_weight):
    mixed = _blend(sample_weight, tf.gather(sample_weight, partner), own_weight)
    own_part = tf.cast(own_weight, tf.float64) * tf.cast(sample_weight, tf.float64)
    share = tf.cast(own_part / tf.cast(mixed, tf.float64), tf.float32)
    return tf.where(mixed == 0, own_weight, tf.clip_by_value(share, 0, 1)), mixed


def _blend(own, other, own_weight):
    """own_weight·own + (1 − own_weight)·other, through float64, where compiled code rounds the same."""
    share = tf.cast(own_weight, tf.float64)
    return tf.cast(share * tf.cast(own, tf.float64) + (1 - share) * tf.cast(other, tf.float64), own.dtype)
