"""A recipe: how to mix, and the loss that goes with it."""

import dataclasses
from typing import Any

import keras

from cutmix_tf.losses import LossName, make_loss
from cutmix_tf.mixing import Mixer


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a published method mixes images and labels, and its loss; models, optimizers and crops are not included.

    Attributes:
      mix: The mixer of training batches; its targets fit the loss.
      loss: "crossentropy" or "binary_crossentropy".
      label_smoothing: ε of the loss.
      target_threshold: For the binary loss, see `MixedBinaryCrossentropy`.

    Example:
      >>> recipe = cutmix_tf.recipes.deit()
      >>> model.compile("adamw", loss=recipe.make_loss(), metrics=[cutmix_tf.MixedAccuracy()])
      >>> model.fit(dataset.map(recipe.mix))
    """

    mix: Mixer
    loss: LossName = "crossentropy"
    label_smoothing: float = 0.0
    target_threshold: float | None = None

    def make_loss(self, from_logits: bool = True) -> keras.losses.Loss:
        """The loss, for `compile`; for probabilities with `from_logits=False`."""
        return make_loss(self.loss, self.label_smoothing, self.target_threshold, from_logits=from_logits)

    @property
    def settings(self) -> dict[str, Any]:
        """The recipe as settings of a `TrainConfig`."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
