"""What the losses of mixed targets have in common: the forms of targets, and the checks of what Keras would accept."""

from typing import ClassVar

import keras
from keras import ops

from cutmix_tf import targets
from cutmix_tf._arguments import NamedArguments
from cutmix_tf._checks import check_number
from cutmix_tf.losses._activation import warn_if_activated

_NO_WEIGHT = "The weights of the two labels come with the targets; the mixer makes them."


class MixedLoss(keras.losses.Loss, NamedArguments):
    """A loss that takes pair targets, class ids and soft targets.

    Args:
      from_logits: Whether predictions are logits; False for probabilities.
      label_smoothing: ε in [0, 1].
      reduction: As for every Keras loss.
      name: As for every Keras loss.
    """

    _elsewhere: ClassVar = {
        "smoothing": ("label_smoothing",),
        "logits": ("from_logits",),
        "weight": ("class_weight",),
        "target_thresh": ("target_threshold",),
        "num_classes": ("The model's outputs are counted instead.",),
        "lam": (_NO_WEIGHT,),
        "alpha": (_NO_WEIGHT,),
    }
    _activations: ClassVar[tuple[str, ...]]
    """The activations, by TensorFlow's names, whose results are no logits."""

    def __init__(self, from_logits: bool, label_smoothing: float, reduction: str | None, name: str):
        super().__init__(name=name, reduction=reduction, dtype="float32")  # class ids need all its bits
        if not isinstance(from_logits, bool):
            raise TypeError(f"from_logits must be True or False; got {from_logits!r}.")
        check_number("label_smoothing", label_smoothing, low=0, high=1)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss; checks what Keras would cast or broadcast."""
        targets.check_truth(y_true)
        self._check_sample_weight(y_true, sample_weight)
        if self.from_logits:
            warn_if_activated(y_pred, type(self).__name__, self._activations)
        return super().__call__(y_true, y_pred, sample_weight)

    def _check_sample_weight(self, y_true, sample_weight) -> None:
        """Raises ValueError unless there is at most one weight for each example."""
        shape = () if sample_weight is None else tuple(ops.convert_to_tensor(sample_weight).shape)
        if len(shape) < 2 or (len(shape) == 2 and shape[1] == 1):
            return
        hint = ""
        if targets.is_pair(ops.shape(y_true)):  # Keras takes the last axis of a target for classes
            hint = (
                " Was class_weight passed to fit? It can't weigh two labels; use MixedCrossentropy(class_weight=...)."
            )
        raise ValueError(f"sample_weight must have one value for each example, (batch,); got shape {shape}.{hint}")

    def get_config(self):
        """The constructor's arguments."""
        config = super().get_config()
        return {**config, "from_logits": self.from_logits, "label_smoothing": self.label_smoothing}
