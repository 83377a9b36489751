"""Binary cross-entropy for the labels of a mixed image: each class is a question of its own."""

import keras
from keras import ops

from cutmix_tf import targets
from cutmix_tf._checks import check_number
from cutmix_tf.losses._mixed_loss import MixedLoss


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixedBinaryCrossentropy(MixedLoss):
    """Binary cross-entropy with the soft label of a mixed image, averaged over the classes.

    Takes pair targets (batch, k, 2), class ids (batch,) or (batch, 1), and soft targets (batch, classes), such as mixed
    multi-label ones. Pairs and ids stand for the soft label λ · onehot(a) + (1 − λ) · onehot(b); if the weights of a
    pair add up to more than one for a class, it counts as one. The loss of an example is the mean of
    −t · log p − (1 − t) · log(1 − p) over its classes, with p = sigmoid(logit); for soft targets and without
    smoothing, it equals `keras.losses.BinaryCrossentropy`. It is computed in float32 at any precision of the model.

    With `target_threshold`, both labels of a mixed image are simply present: the training of "ResNet strikes back".

    Args:
      from_logits: Whether predictions are logits; False for probabilities.
      label_smoothing: ε in [0, 1]: the target becomes (1 − ε) · target + ε / classes, as in `MixedCrossentropy`. Keras'
        loss smooths towards ½ instead.
      target_threshold: None, or a number in [0, 1): targets above it become 1, all others 0, before they are smoothed.
      reduction: As for every Keras loss.
      name: As for every Keras loss.

    Raises:
      ValueError, TypeError, tf.errors.InvalidArgumentError: as `MixedCrossentropy`.

    On TensorFlow, a sigmoid or a softmax in front of `from_logits=True` causes a warning, where it can be seen.

    Example:
      >>> model.compile("sgd", loss=MixedBinaryCrossentropy(target_threshold=0.2), metrics=[MixedAccuracy()])

    Reference:
      Wightman, Touvron and Jégou, "ResNet strikes back", 2021, https://arxiv.org/abs/2110.00476, Section 2. Their code
      smooths before it compares with the threshold, which then removes the smoothing.
    """

    _activations = ("Sigmoid", "Softmax")

    def __init__(
        self,
        from_logits: bool = True,
        label_smoothing: float = 0.0,
        target_threshold: float | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mixed_binary_crossentropy",
    ):
        super().__init__(from_logits, label_smoothing, reduction, name)
        if target_threshold is not None:
            check_number("target_threshold", target_threshold, low=0, high=1)
        self.target_threshold = target_threshold

    def call(self, y_true, y_pred):
        """The loss of each example: float32 (batch,)."""
        num_classes = y_pred.shape[-1]
        target = targets.to_soft(y_true, num_classes)
        if targets.is_pair(y_true.shape):  # whose weights may add up to more, see `cutmix_tf.ObjectAware`
            target = ops.minimum(target, 1.0)
        if self.target_threshold is not None:
            present = ops.cast(target > self.target_threshold, target.dtype)
            target = ops.where(ops.isnan(target), target, present)  # NaN marks an id that is no class
        if self.label_smoothing:
            target = (1 - self.label_smoothing) * target + self.label_smoothing / num_classes
        return ops.mean(ops.binary_crossentropy(target, y_pred, from_logits=self.from_logits), axis=-1)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "target_threshold": self.target_threshold}
