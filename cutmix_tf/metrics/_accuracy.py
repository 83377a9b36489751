"""Accuracy on mixed images: the label with the largest weight is the truth."""

from typing import ClassVar

import keras
from keras import ops

from cutmix_tf import targets
from cutmix_tf._arguments import NamedArguments
from cutmix_tf._checks import check_whole


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixedTopKAccuracy(keras.metrics.SparseTopKCategoricalAccuracy, NamedArguments):
    """How often the class with the largest weight in the target is among the k highest scores.

    If two weights are equal, either class counts. Two labels of one class count as one, with their weights added. So a
    model that predicts the target exactly scores 1, which it would not by comparison with the own label alone. Class
    ids and one-hot targets give the usual top-k accuracy. Equal scores rank by index.

    Callbacks with `mode="auto"` know from the base class that more is better: `EarlyStopping(monitor="val_accuracy")`.

    Args:
      k: At least 1 and at most the number of classes.
      name: As for every Keras metric; None means "top_5_accuracy" for k = 5, and so on.
      dtype: As for every Keras metric.

    Raises:
      ValueError, TypeError: if `k` is not a whole number of at least 1; when updated, if there are fewer than k
        classes, or the targets are neither pair targets, class ids nor soft targets for them.
      tf.errors.InvalidArgumentError: when run on TensorFlow without XLA, if a class id is beyond the classes.
    """

    _elsewhere: ClassVar = {
        "top_k": ("k",),
        "topk": ("k",),
        "num_classes": ("The model's outputs are counted instead.",),
    }

    def __init__(self, k: int = 5, name: str | None = None, dtype=None):
        check_whole("k", k, low=1)
        super().__init__(k=k, name=name or f"top_{k}_accuracy", dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch: targets in any of their three forms, and scores (batch, classes)."""
        keras.metrics.Mean.update_state(self, _hits(y_true, y_pred, self.k), sample_weight=sample_weight)

    def get_config(self):
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype, "k": self.k}


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixedAccuracy(MixedTopKAccuracy):
    """How often the class with the highest score has the largest weight in the target.

    This is `MixedTopKAccuracy` with k = 1; see there for ties and pairs of one class.

    Args:
      name: As for every Keras metric.
      dtype: As for every Keras metric.
    """

    def __init__(self, name: str = "accuracy", dtype=None):
        super().__init__(k=1, name=name, dtype=dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


def _hits(y_true, y_pred, k: int):
    """1 where a class with the largest weight has one of the k highest scores, else 0: float32 (batch,)."""
    targets.check_truth(y_true)
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    num_classes = y_pred.shape[-1]
    kind = targets.kind_of(y_true.shape, num_classes)
    if k > num_classes:
        raise ValueError(f"Top-{k} accuracy needs at least {k} classes; got {num_classes}. Use a smaller k.")
    _, highest = ops.top_k(y_pred, k)
    if kind == "soft":
        best = ops.max(y_true, axis=1, keepdims=True)
        hit = ops.take_along_axis(y_true, highest, axis=1) == best
    else:
        hit = _pair_hits(y_true, highest, num_classes)
    return ops.cast(ops.any(hit, axis=1), "float32")


def _pair_hits(y_true, highest, num_classes: int):
    """Which of the k classes with the highest scores carry the largest weight: bool (batch, k)."""
    ids, weights = targets.as_pairs(y_true, num_classes)
    same = ops.expand_dims(ids, 2) == ops.expand_dims(ids, 1)
    weight_of_class = ops.sum(ops.where(same, ops.expand_dims(weights, 1), 0.0), axis=2)
    is_truth = weight_of_class == ops.max(weight_of_class, axis=1, keepdims=True)
    found = ops.expand_dims(highest, 2) == ops.expand_dims(ids, 1)
    return ops.any(found & ops.expand_dims(is_truth, 1), axis=2)
