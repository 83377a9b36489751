"""The forms that targets take in losses and metrics: pair targets, class ids, soft targets.

- Pair targets, float32 (batch, k, 2): `targets[b, j] = (class id, weight)`, own label first; k is 2, or 4 for `Mosaic`.
  Weights sum to one, but for one rule of `ObjectAware`. The papers' "two labels weighted by λ" as one tensor, whose
  size does not depend on the number of classes. Losses and metrics take any k, for images that are made of more.
- Class ids, integers (batch,) or (batch, 1): the labels of images that are not mixed.
- Soft targets, floats (batch, classes): one-hot, smoothed or mixed label vectors.
"""

import keras
from keras import ops

from cutmix_tf._assertion import assert_when_run


def split(targets):
    """Pair targets of two labels as the papers write them: `labels_a`, `labels_b` and λ.

    Args:
      targets: float32 (batch, 2, 2).

    Returns:
      int32 (batch,) own labels, int32 (batch,) partners' labels, float32 (batch,) weight of the own label.

    Raises:
      ValueError: if `targets` has another shape.
    """
    targets = ops.convert_to_tensor(targets)
    if not is_pair(targets.shape) or targets.shape[1] != 2:
        raise ValueError(f"split needs pair targets (batch, 2, 2); got shape {tuple(targets.shape)}.")
    ids = ops.cast(targets[:, :, 0], "int32")
    return ids[:, 0], ids[:, 1], targets[:, 0, 1]


def to_soft(targets, num_classes: int):
    """Any of the three forms as soft targets: float32 (batch, num_classes).

    Args:
      targets: Pair targets, class ids or soft targets.
      num_classes: At least 2.

    Raises:
      ValueError: if `targets` has none of the three forms for that many classes.
      tf.errors.InvalidArgumentError: if an id is outside [0, num_classes); see `as_pairs`.
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
    return len(shape) == 3 and shape[2] == 2 and shape[1] != 0


def kind_of(shape, num_classes: int) -> str:
    """The form that targets of that shape have: "pair", "ids" or "soft".

    Raises:
      ValueError: if it is none of them for that many classes.
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
        f"For {num_classes} classes, targets must be pair targets (batch, k, 2), class ids (batch,) or soft "
        f"targets (batch, {num_classes}); got shape {shape}. Does the model have as many outputs as the labels "
        "have classes?"
    )


def as_pairs(targets, num_classes: int):
    """Pair targets or class ids as ids int32 (batch, k) and weights float32 (batch, k); k = 1 for class ids.

    An id that is negative, fractional or at least `num_classes` gets the weight NaN and the id 0, so that whatever is
    computed from it becomes NaN too: it shows at the first step, instead of being silently wrong.

    Raises:
      tf.errors.InvalidArgumentError: if there is such an id, where Keras runs on TensorFlow without XLA.
    """
    targets = ops.cast(targets, "float32")
    if is_pair(targets.shape):
        ids, weights = targets[:, :, 0], targets[:, :, 1]
    else:
        ids = ops.reshape(targets, (-1, 1))
        weights = ops.ones_like(ids)
    is_class = (ids >= 0) & (ids < num_classes) & (ids == ops.floor(ids))
    _assert_classes(ids, is_class, num_classes)
    return ops.cast(ops.where(is_class, ids, 0), "int32"), ops.where(is_class, weights, float("nan"))


def _assert_classes(ids, is_class, num_classes: int) -> None:
    message = (
        f"A label must be an integer in [0, {num_classes}), because the model has {num_classes} outputs. Give the "
        "model as many outputs as there are classes. The label received:"
    )
    first = ops.argmin(ops.cast(ops.reshape(is_class, (-1,)), "int32"))
    assert_when_run(ops.all(is_class), message, ops.take(ops.reshape(ids, (-1,)), first))


def check_truth(y_true) -> None:
    """Raises TypeError for floats in the shape of class ids."""
    dtype = keras.backend.standardize_dtype(ops.convert_to_tensor(y_true).dtype)
    shape = tuple(ops.shape(y_true))
    if "float" in dtype and (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        raise TypeError(
            f"Class ids must be integers; got {dtype} of shape {shape}. Cast them to int32, or pass soft "
            "targets of shape (batch, classes)."
        )
