"""What a loss or a metric may be given as the truth: pair targets, class ids or soft targets.

- Pair targets, float32 (batch, 2, 2): `targets[b, k] = (class id, weight)`, own label first, weights that
  sum to one. The papers' "two labels weighted by λ" as one tensor, whatever the number of classes.
- Class ids, (batch,) or (batch, 1): the labels of pictures that are not mixed.
- Soft targets, floats (batch, classes): one-hot, smoothed or mixed label vectors.
"""

import keras
from keras import ops


def split(targets):
    """Pair targets as the papers write them: `labels_a`, `labels_b` and λ.

    Args:
      targets: float32 (batch, 2, 2).

    Returns:
      int32 (batch,) own labels, int32 (batch,) partners' labels, float32 (batch,) weight of the own label.

    Raises:
      ValueError: if `targets` has another shape.
    """
    targets = ops.convert_to_tensor(targets)
    if not is_pair(targets.shape):
        raise ValueError(f"split needs pair targets (batch, 2, 2); got shape {tuple(targets.shape)}.")
    ids = ops.cast(targets[:, :, 0], "int32")
    return ids[:, 0], ids[:, 1], targets[:, 0, 1]


def to_soft(targets, num_classes: int):
    """Pair targets, class ids or soft targets as soft targets: float32 (batch, num_classes).

    Args:
      targets: Any of the three forms. Ids outside [0, num_classes) give rows of NaN.
      num_classes: At least 2.

    Raises:
      ValueError: if `targets` has none of the three forms for that many classes.
    """
    form = ops.convert_to_tensor(targets)
    kind = kind_of(form.shape, num_classes)
    if kind == "soft":
        return ops.cast(form, "float32")
    ids, weights = as_pairs(form, num_classes)
    one_hot = ops.cast(ops.expand_dims(ids, 2) == ops.arange(num_classes, dtype="int32"), "float32")
    return ops.sum(one_hot * ops.expand_dims(weights, 2), axis=1)


def is_pair(shape) -> bool:
    """Whether a shape is that of pair targets."""
    return len(shape) == 3 and tuple(shape[1:]) == (2, 2)


def kind_of(shape, num_classes: int) -> str:
    """Which form of truth a shape is, for that many classes: "pair", "ids" or "soft".

    Raises:
      ValueError: if it is none.
    """
    shape = tuple(shape)
    if num_classes is None or num_classes < 2:
        raise ValueError(f"Mixed targets need at least 2 classes; got {num_classes}.")
    if is_pair(shape):
        return "pair"
    if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1):
        return "ids"
    if len(shape) == 2 and shape[1] in (None, num_classes):
        return "soft"
    raise ValueError(
        f"For {num_classes} classes the truth must be pair targets (batch, 2, 2), class ids (batch,) or soft "
        f"targets (batch, {num_classes}); got shape {shape}. Does the model have as many outputs as the labels "
        "have classes?"
    )


def as_pairs(targets, num_classes: int):
    """Pair targets or class ids as ids int32 (batch, k) and weights float32 (batch, k), k = 2 or 1.

    An id that is no class, being negative, too large or fractional, weighs NaN and carries the id 0: whatever
    is computed from it becomes NaN too, which shows at the first step, instead of being silently wrong.
    """
    targets = ops.cast(targets, "float32")
    if is_pair(targets.shape):
        ids, weights = targets[:, :, 0], targets[:, :, 1]
    else:
        ids = ops.reshape(targets, (-1, 1))
        weights = ops.ones_like(ids)
    is_class = (ids >= 0) & (ids < num_classes) & (ids == ops.floor(ids))
    return ops.cast(ops.where(is_class, ids, 0), "int32"), ops.where(is_class, weights, float("nan"))


def check_truth(y_true) -> None:
    """Raises TypeError if the truth is floats of the shape of class ids, which soft targets can't have."""
    dtype = keras.backend.standardize_dtype(ops.convert_to_tensor(y_true).dtype)
    shape = tuple(ops.shape(y_true))
    if "float" in dtype and (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        raise TypeError(
            f"Class ids must be integers; got {dtype} of shape {shape}. Cast them to int32, or pass soft "
            "targets of shape (batch, classes)."
        )
