"""What a row of the model table holds."""

import dataclasses
from collections.abc import Callable, Mapping

import keras


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A network: what a listing says of it, and how it is built.

    Attributes:
      description: One line for people.
      strides: For each stem that the network has, "cifar" or "imagenet": how many pixels one cell of the
        last feature map stands for, along each side.
      network: Called as `network(images, num_classes=..., stem=..., sync_batch_norm=...)` with a symbolic
        batch of images; returns the float32 logits.
      takes_regularizer: Whether it is made of residual units, so that `network` also takes `regularizer=...`, a
        `Regularizer`.
      takes_last_stride: Whether `network` also takes `last_stride=...`, 1 or 2.
    """

    description: str
    strides: Mapping[str, int]
    network: Callable[..., keras.KerasTensor]
    takes_regularizer: bool = False
    takes_last_stride: bool = False
