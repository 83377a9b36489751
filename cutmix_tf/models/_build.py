"""Builds a model of the table for given images and classes."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

import keras

from cutmix_tf._checks import check_choice, check_whole, did_you_mean
from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._options import BuilderOptions
from cutmix_tf.models._table import MODELS, architecture

Stem = Literal["auto", "cifar", "imagenet"]


def build(
    name: str,
    *,
    num_classes: int,
    input_shape: tuple[int, int, int],
    stem: Stem = "auto",
    sync_batch_norm: bool = True,
    **options: Any,
) -> keras.Model:
    """Builds an uncompiled functional model from float images to float32 logits (batch, num_classes).

    The logits are float32 under mixed precision too. Initial weights are random: call
    `keras.utils.set_random_seed` first to repeat them.

    Args:
      name: A key of `MODELS`, or any wrn{depth}_{width} with a depth of 6n + 4.
      num_classes: Number of classes, at least 2.
      input_shape: Height, width and channels of one image; it needn't be square, but must leave the last feature map
        at least one whole cell.
      stem: "cifar" begins with a 3×3 convolution at full resolution, "imagenet" with layers that shrink the image:
        in a ResNet a 7×7 convolution and a max pool, four times. "auto" chooses "cifar" if the smaller side has at
        most 64 pixels, or if the model has no other.
      sync_batch_norm: Whether BatchNormalization takes its statistics over the whole batch, so that a result
        does not depend on how many replicas share it. The papers' code took them on each GPU, which
        False gives under a `tf.distribute` strategy; on one device, and on Keras backends other than
        TensorFlow, both are the same.
      **options: `regularizer` and `last_stride`, for the models that take them; see `BuilderOptions`.

    Raises:
      ValueError: if there is no such model, it lacks the stem or an option, or num_classes, input_shape or an option
        is out of range.
      TypeError: if num_classes, a side of input_shape or an option is of the wrong type.

    Example:
      >>> model = build("resnet50", num_classes=1000, input_shape=(224, 224, 3))
      >>> model.count_params()
      25610152
      >>> model.get_layer("stage4_block3_out").output.shape
      (None, 7, 7, 2048)
    """
    row = architecture(name)
    check_whole("num_classes", num_classes, low=2)
    _check_input_shape(input_shape)
    check_choice(f"stem of {name}", stem, ("auto", *row.strides))
    height, width, _ = input_shape
    stem_used = _choose_stem(stem, row.strides, height, width)
    _check_size(name, stem_used, row.strides[stem_used], height, width)
    chosen = _choose_options(name, row, options)
    images = keras.Input(tuple(input_shape), name="images")
    logits = row.builder(images, num_classes=num_classes, stem=stem_used, sync_batch_norm=sync_batch_norm, **chosen)
    return keras.Model(images, logits, name=name)


def _check_input_shape(input_shape) -> None:
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 3:
        raise ValueError(
            "input_shape must be (height, width, channels) of one image, such as (32, 32, 3); "
            f"got {input_shape!r}. Leave the batch out, and give images of one channel a channel axis."
        )
    for axis, size in zip(("height", "width", "channels"), input_shape, strict=True):
        check_whole(f"{axis} in input_shape", size, low=1)


def _choose_stem(stem: str, strides: Mapping[str, int], height: int, width: int) -> str:
    """The stem that "auto" stands for."""
    if stem != "auto":
        return stem
    preferred = "cifar" if min(height, width) <= 64 else "imagenet"
    return preferred if preferred in strides else next(iter(strides))


def _check_size(name: str, stem: str, stride: int, height: int, width: int) -> None:
    if min(height, width) < stride:
        raise ValueError(
            f"{name} with the {stem} stem shrinks images by {stride}, so they must have at least "
            f"{stride} × {stride} pixels; got {height} × {width}. "
            "Resize the images, or use a model or stem that shrinks less."
        )


def _choose_options(name: str, row: Architecture, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options to build with: those that differ from their defaults, all of which the builder takes."""
    known = [field.name for field in dataclasses.fields(BuilderOptions)]
    for option in options:
        if option not in known:
            raise TypeError(f"build() has no option {option!r}.{did_you_mean(option, known)}")
    chosen = BuilderOptions(**options).chosen()
    for option, value in chosen.items():
        if option not in row.options:
            others = [other for other, its in MODELS.items() if option in its.options]
            raise ValueError(
                f"{name} does not take {option}; got {option}={value}. Leave it out, or use a model that does, "
                f"such as {others[0]}."
            )
    return chosen
