"""Cross-entropy for the two labels of a mixed image, and for plain ones."""

from collections.abc import Mapping

import keras
from keras import ops

from cutmix_tf import targets
from cutmix_tf._checks import check_number, check_whole
from cutmix_tf.losses._mixed_loss import MixedLoss


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixedCrossentropy(MixedLoss):
    """Cross-entropy of a mixed image with both its labels: λ · CE(a) + (1 − λ) · CE(b).

    Takes pair targets (batch, k, 2), class ids (batch,) or (batch, 1), and soft targets (batch, classes), so that
    mixed training and plain validation share one `compile`. Since cross-entropy is linear in the target, the result
    equals the cross-entropy of the soft label λ · onehot(a) + (1 − λ) · onehot(b). Other numbers
    of labels, and weights with another sum, give the weighted sum of as many losses. It is computed in float32 at any
    precision of the model.

    Args:
      from_logits: Whether predictions are logits; False for probabilities.
      label_smoothing: ε in [0, 1]: the target becomes (1 − ε) · target + ε / classes.
      class_weight: The weight of each class, by class id, at least 0; classes that are not listed weigh 1. The loss
        becomes λ · w_a · CE(a) + (1 − λ) · w_b · CE(b), averaged over examples. Use it instead of `class_weight=` of
        `fit`, which reads one label per example and therefore can't be right for a mixed image.
      reduction: As for every Keras loss.
      name: As for every Keras loss.

    Raises:
      ValueError, TypeError: if an argument is out of range; when called, if the targets have none of the three forms
        for the predictions' classes, or are floats in the shape of class ids, or if sample weights are not one per
        example.
      tf.errors.InvalidArgumentError: when run, if a class id is negative, fractional or beyond the predictions'
        classes. Neither XLA nor the other backends can check that: there the loss becomes NaN.

    On TensorFlow, a softmax in front of `from_logits=True` causes a warning.

    Example:
      >>> model.compile("sgd", loss=MixedCrossentropy(), metrics=[MixedAccuracy()])

    Reference:
      Yun et al., ICCV 2019, Section 3.1; label smoothing as in Szegedy et al., CVPR 2016, Section 7.
    """

    _activations = ("Softmax",)

    def __init__(
        self,
        from_logits: bool = True,
        label_smoothing: float = 0.0,
        class_weight: Mapping[int, float] | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mixed_crossentropy",
    ):
        super().__init__(from_logits, label_smoothing, reduction, name)
        self.class_weight = None if class_weight is None else _checked(class_weight)

    def call(self, y_true, y_pred):
        """The loss of each example: float32 (batch,)."""
        num_classes = y_pred.shape[-1]
        log_probabilities = self._log_probabilities(y_pred)
        if targets.kind_of(y_true.shape, num_classes) == "soft":
            weights, chosen = y_true, log_probabilities
            if self.class_weight:
                weights = weights * self._table(num_classes)
        else:
            ids, weights = targets.as_pairs(y_true, num_classes)
            chosen = ops.take_along_axis(log_probabilities, ids, axis=1)
            if self.class_weight:
                weights = weights * ops.take(self._table(num_classes), ids)
        expected = ops.sum(weights * ops.where(weights == 0, 0.0, chosen), axis=1)  # 0 · log 0 is 0
        if self.label_smoothing:
            uniform = ops.sum(weights, axis=1) * ops.mean(log_probabilities, axis=1)
            expected = (1 - self.label_smoothing) * expected + self.label_smoothing * uniform
        return -expected

    def _log_probabilities(self, y_pred):
        if self.from_logits:
            return ops.log_softmax(y_pred, axis=-1)
        epsilon = keras.config.epsilon()
        probabilities = y_pred / ops.sum(y_pred, axis=-1, keepdims=True)
        return ops.log(ops.clip(probabilities, epsilon, 1 - epsilon))

    def _table(self, num_classes: int):
        """The weights of all classes: float32 (classes,)."""
        given = self.class_weight or {}
        if max(given, default=0) >= num_classes:
            raise ValueError(f"class_weight has a weight for class {max(given)}; the model has {num_classes} classes.")
        return ops.convert_to_tensor([given.get(each, 1.0) for each in range(num_classes)], "float32")

    def get_config(self):
        """The constructor's arguments."""
        given = self.class_weight
        return {
            **super().get_config(),
            "class_weight": given and {str(each): weight for each, weight in given.items()},  # JSON has no other keys
        }

    @classmethod
    def from_config(cls, config):
        """A loss from its config."""
        given = config.get("class_weight")
        return cls(**{**config, "class_weight": given and {int(each): weight for each, weight in given.items()}})


def _checked(class_weight: Mapping[int, float]) -> dict[int, float]:
    """The class weights, by plain integers."""
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight must be a dict such as {{0: 1.0, 1: 2.5}}, or None; got {class_weight!r}.")
    for each, weight in class_weight.items():
        check_whole("each class id in class_weight", each, low=0)
        check_number(f"class_weight[{each}]", weight, low=0)
    return {int(each): float(weight) for each, weight in class_weight.items()}
