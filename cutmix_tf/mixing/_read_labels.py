"""The labels that can be mixed: class ids, soft labels and values to predict, of one output or of several."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from cutmix_tf._checks import did_you_mean
from cutmix_tf._tensors import as_tensor
from cutmix_tf.mixing._guard import guarded
from cutmix_tf.mixing._labels import map_labels
from cutmix_tf.mixing._options import MAX_CLASS_ID
from cutmix_tf.mixing._planner import Planner

_NEED = "Mixing needs class ids, integers (batch,) or (batch, 1), or soft labels, floats (batch, classes)"


def read_labels(labels: Any, method: Planner) -> Any:
    """The labels as tensors, in the structure that they came in.

    Class ids become integers (batch,) or, with `num_classes`, one-hot rows, float32 (batch, num_classes). Soft labels
    are floats (batch, at least 2 classes); values to predict, where `regression` asks for them, floats (batch,) or
    (batch, values).

    Raises:
      ValueError, TypeError: for anything else, at trace time; nothing is broadcast or cast.
      tf.errors.InvalidArgumentError: at run time, for ids and soft labels outside their range, and infinite values.
    """
    names = []
    map_labels(lambda name, _: names.append(name), labels)
    if not names:
        raise ValueError("Mixing needs labels; got an empty dict.")
    _check_names(names, method)
    return map_labels(lambda name, label: _read(name, label, method), labels)


def _read(name: str | None, label: Any, method: Planner) -> tf.Tensor:
    """The label of one output."""
    what = "labels" if name is None else f"labels {name!r}"
    label = as_tensor(what, label)
    if _is_value(name, method):
        return _read_values(label, what)
    return _read_classes(label, what, _num_classes(name, method), method)


def _is_value(name: str | None, method: Planner) -> bool:
    return method.regression if isinstance(method.regression, bool) else name in method.regression


def _num_classes(name: str | None, method: Planner) -> int | None:
    """The number of classes of an output, if its ids are to become soft labels."""
    given = method.num_classes
    return given.get(name or "") if isinstance(given, Mapping) else given


def _check_names(names: list[str | None], method: Planner) -> None:
    """Raises ValueError if an option names an output that there isn't."""
    options = {"num_classes": method.num_classes, "regression": method.regression}
    for option, named in options.items():
        for name in named if isinstance(named, Mapping | list | tuple) else ():
            if names == [None]:
                raise ValueError(f"{option} names the output {name!r}; got labels of a single output.")
            if name not in names:
                known = [str(each) for each in names]
                raise ValueError(
                    f"{option} names the output {name!r}; got labels for {', '.join(known)}.{did_you_mean(name, known)}"
                )


def _read_values(labels: tf.Tensor, what: str) -> tf.Tensor:
    if not labels.dtype.is_floating or labels.shape.rank not in (1, 2):
        raise TypeError(
            "Values to predict must be floats (batch,) or (batch, values), since they are mixed in proportion; got "
            f"{labels.dtype.name} {what} of shape {labels.shape}. Cast them to float32, or leave out regression."
        )
    return guarded(labels, tf.reduce_all(tf.math.is_finite(labels)), "Values to predict must be finite.", labels)


def _read_classes(labels: tf.Tensor, what: str, num_classes: int | None, method: Planner) -> tf.Tensor:
    """Class ids or soft labels."""
    shape, dtype = labels.shape, labels.dtype
    got = f"got {dtype.name} {what} of shape {shape}"
    if shape.rank is None:
        raise ValueError(f"{_NEED}; {got}. Give the labels a known rank, for example with tf.ensure_shape.")
    if shape.rank == 3 and shape[2] in (None, 2) and dtype.is_floating:
        raise ValueError(
            f"{_NEED}; {got}, which look mixed already. Mix once, or draw one of several mixers with OneOf."
        )
    if shape.rank >= 3:
        raise ValueError(
            f"{_NEED}; {got}. If they are segmentation masks, mix {{'images': images, 'segmentation_masks': masks}}."
        )
    if dtype.is_integer:
        return _read_ids(labels, got, num_classes)
    if not dtype.is_floating:
        raise TypeError(f"{_NEED}; {got}. Cast them to int32 if they are class ids, to float32 if they are one-hot.")
    if shape.rank != 2 or shape[1] in (0, 1):
        name = type(method).__name__
        raise ValueError(
            f"{_NEED}; {got}. If they are class ids, cast them to int32 before mixing. If they are values to predict, "
            f"ask for it: {name}(regression=True), or the names of the outputs that are values."
        )
    return _read_soft(labels, got, num_classes)


def _read_soft(labels: tf.Tensor, got: str, num_classes: int | None) -> tf.Tensor:
    inside = tf.reduce_all((labels >= 0) & tf.math.is_finite(labels))
    message = "Soft labels must not be negative, NaN or infinite. Values to predict need regression=True."
    labels = guarded(labels, inside, message, labels)
    if num_classes is None or labels.shape[1] == num_classes:
        return labels
    if labels.shape[1] is not None:
        raise ValueError(f"With num_classes={num_classes}, soft labels must be (batch, {num_classes}); {got}.")
    message = f"With num_classes={num_classes}, soft labels must be (batch, {num_classes})."
    labels = guarded(labels, tf.shape(labels)[1] == num_classes, message, tf.shape(labels))
    return tf.ensure_shape(labels, [None, num_classes])


def _read_ids(labels: tf.Tensor, got: str, num_classes: int | None) -> tf.Tensor:
    if labels.shape.rank == 2 and labels.shape[1] == 1:
        labels = tf.squeeze(labels, axis=1)
    if labels.shape.rank != 1:
        raise ValueError(f"{_NEED}; {got}. If they are one-hot, cast them to float32 before mixing.")
    highest = MAX_CLASS_ID if num_classes is None else num_classes - 1
    wide = tf.cast(labels, tf.int64)
    inside = tf.reduce_all((wide >= 0) & (wide <= highest))
    message = f"Class ids must lie in [0, {highest}]" + (f", since num_classes={num_classes}." if num_classes else ".")
    labels = guarded(labels, inside, message, labels)
    return labels if num_classes is None else tf.one_hot(tf.cast(labels, tf.int32), num_classes)
