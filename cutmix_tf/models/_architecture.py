"""What a row of the model table holds."""

import dataclasses
from collections.abc import Callable, Mapping

import keras


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A model by name: what a listing says about it, and how it is built.

    Attributes:
      description: One line for people.
      strides: For each stem that the model has, "cifar" or "imagenet": the side of one cell of the last feature map,
        in pixels of the image.
      builder: Called as `builder(images, num_classes=..., stem=..., sync_batch_norm=...)` with a symbolic batch of
        images; returns the float32 logits.
      options: The `BuilderOptions` that `builder` takes as further keyword arguments.
    """

    description: str
    strides: Mapping[str, int]
    builder: Callable[..., keras.KerasTensor]
    options: tuple[str, ...] = ()
