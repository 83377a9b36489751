"""The losses by name, as configs and recipes choose them."""

from typing import Any, Literal

import keras

from cutmix_tf._checks import check_choice
from cutmix_tf.losses._binary_crossentropy import MixedBinaryCrossentropy
from cutmix_tf.losses._crossentropy import MixedCrossentropy

LossName = Literal["crossentropy", "binary_crossentropy"]


def make_loss(
    name: LossName, label_smoothing: float = 0.0, target_threshold: float | None = None, **options: Any
) -> keras.losses.Loss:
    """`MixedCrossentropy` or `MixedBinaryCrossentropy` with these settings.

    Args:
      name: "crossentropy" or "binary_crossentropy".
      label_smoothing: As for both losses.
      target_threshold: As for `MixedBinaryCrossentropy`.
      **options: Other arguments of the loss.

    Raises:
      ValueError, TypeError: if there is no such loss, it has no threshold, or a number is outside its range.
    """
    check_choice("loss", name, ("crossentropy", "binary_crossentropy"))
    if name == "binary_crossentropy":
        return MixedBinaryCrossentropy(label_smoothing=label_smoothing, target_threshold=target_threshold, **options)
    if target_threshold is not None:
        raise ValueError(
            f"target_threshold is for the binary loss; got loss={name!r} and target_threshold={target_threshold}. "
            "Leave it out, or choose loss='binary_crossentropy'."
        )
    return MixedCrossentropy(label_smoothing=label_smoothing, **options)
