"""Accuracy on mixed pictures: the label that shows most is the truth."""

import keras
from keras import ops

from cutmix_tf import targets
from cutmix_tf._checks import check_whole


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixedTopKAccuracy(keras.metrics.Mean):
    """How often one of the k likeliest classes is the one with the largest weight in the target.

    Two equal weights are a tie: either class counts. Two labels of one class count as that class, with
    their weights added. So a model that predicts the target exactly scores 1, which the usual accuracy
    against the own label denies it. Class ids and one-hot targets give the usual top-k accuracy; equal
    predictions rank by index.

    Args:
      k: At least 1 and at most the number of classes.
      name: As for every Keras metric; None makes "top_5_accuracy" of k = 5.
      dtype: As for every Keras metric.

    Raises:
      ValueError, TypeError: if `k` is no whole number from 1; when updated, if there are fewer classes or
        the truth is neither pair targets, class ids nor soft targets for them.
    """

    def __init__(self, k: int = 5, name: str | None = None, dtype=None):
        check_whole("k", k, low=1)
        super().__init__(name=name or f"top_{k}_accuracy", dtype=dtype)
        self.k = k

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch: the truth in any of its three forms, and scores (batch, classes)."""
        super().update_state(_hits(y_true, y_pred, self.k), sample_weight=sample_weight)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "k": self.k}


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixedAccuracy(MixedTopKAccuracy):
    """How often the likeliest class is the one with the largest weight in the target.

    The top-1 case of `MixedTopKAccuracy`, which says how ties and same-class pairs count.

    Args:
      name: As for every Keras metric.
      dtype: As for every Keras metric.
    """

    def __init__(self, name: str = "accuracy", dtype=None):
        super().__init__(k=1, name=name, dtype=dtype)

    def get_config(self):
        """The constructor's arguments."""
        config = super().get_config()
        del config["k"]
        return config


def _hits(y_true, y_pred, k: int):
    """1 where a class with the largest weight is among the k likeliest, else 0: float32 (batch,)."""
    targets.check_truth(y_true)
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    num_classes = y_pred.shape[-1]
    kind = targets.kind_of(y_true.shape, num_classes)
    if k > num_classes:
        raise ValueError(f"Top-{k} accuracy needs at least {k} classes; got {num_classes}. Use a smaller k.")
    _, likeliest = ops.top_k(y_pred, k)
    if kind == "soft":
        best = ops.max(y_true, axis=1, keepdims=True)
        hit = ops.take_along_axis(y_true, likeliest, axis=1) == best
    else:
        hit = _pair_hits(y_true, likeliest, num_classes)
    return ops.cast(ops.any(hit, axis=1), "float32")


def _pair_hits(y_true, likeliest, num_classes: int):
    """Which of the k likeliest classes carry the largest weight: bool (batch, k)."""
    ids, weights = targets.as_pairs(y_true, num_classes)
    same = ops.expand_dims(ids, 2) == ops.expand_dims(ids, 1)
    weight_of_class = ops.sum(ops.where(same, ops.expand_dims(weights, 1), 0.0), axis=2)
    is_truth = weight_of_class == ops.max(weight_of_class, axis=1, keepdims=True)
    found = ops.expand_dims(likeliest, 2) == ops.expand_dims(ids, 1)
    return ops.any(found & ops.expand_dims(is_truth, 1), axis=2)
