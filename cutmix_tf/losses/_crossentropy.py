"""Cross-entropy for the two targets of a mixed picture, and for plain ones."""

import keras
from keras import ops

from cutmix_tf import targets
from cutmix_tf._checks import check_number


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixedCrossentropy(keras.losses.Loss):
    """Cross-entropy of a mixed picture with both its labels: λ · CE(a) + (1 − λ) · CE(b).

    Takes pair targets (batch, 2, 2), class ids (batch,) or (batch, 1), and soft targets (batch, classes)
    alike, so that mixed training and plain validation share one `compile`. As cross-entropy is linear in
    the target, this equals the cross-entropy of the soft label λ · onehot(a) + (1 − λ) · onehot(b). It is
    computed in float32 whatever the model's precision.

    Args:
      from_logits: Whether predictions are logits; False for probabilities.
      label_smoothing: ε in [0, 1]: the target becomes (1 − ε) · target + ε / classes.
      reduction: As for every Keras loss.
      name: As for every Keras loss.

    Raises:
      ValueError, TypeError: if `label_smoothing` is outside its range; when called, if the truth is none of
        the three forms for the predictions' classes, or floats where ids are expected.

    A class id that is negative, fractional or beyond the predictions' classes makes the loss NaN.

    Example:
      >>> loss = MixedCrossentropy()
      >>> model.compile("sgd", loss=MixedCrossentropy(), metrics=[MixedAccuracy()])

    Reference:
      Yun et al., ICCV 2019, Section 3.1; label smoothing as in Szegedy et al., CVPR 2016, Section 7.
    """

    def __init__(
        self,
        from_logits: bool = True,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mixed_crossentropy",
    ):
        super().__init__(name=name, reduction=reduction, dtype="float32")  # class ids need all its bits
        if not isinstance(from_logits, bool):
            raise TypeError(f"from_logits must be True or False; got {from_logits!r}.")
        check_number("label_smoothing", label_smoothing, low=0, high=1)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss; checks the truth's dtype before Keras casts it."""
        targets.check_truth(y_true)
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        """The loss of each example: float32 (batch,)."""
        num_classes = y_pred.shape[-1]
        kind = targets.kind_of(y_true.shape, num_classes)
        log_probabilities = self._log_probabilities(y_pred)
        if kind == "soft":
            expected = ops.sum(y_true * log_probabilities, axis=1)
            mass = ops.sum(y_true, axis=1)
        else:
            ids, weights = targets.as_pairs(y_true, num_classes)
            expected = ops.sum(weights * ops.take_along_axis(log_probabilities, ids, axis=1), axis=1)
            mass = ops.sum(weights, axis=1)
        if self.label_smoothing:
            uniform = mass * ops.mean(log_probabilities, axis=1)
            expected = (1 - self.label_smoothing) * expected + self.label_smoothing * uniform
        return -expected

    def _log_probabilities(self, y_pred):
        if self.from_logits:
            return ops.log_softmax(y_pred, axis=-1)
        epsilon = keras.config.epsilon()
        probabilities = y_pred / ops.sum(y_pred, axis=-1, keepdims=True)
        return ops.log(ops.clip(probabilities, epsilon, 1 - epsilon))

    def get_config(self):
        """The constructor's arguments."""
        config = super().get_config()
        return {**config, "from_logits": self.from_logits, "label_smoothing": self.label_smoothing}
