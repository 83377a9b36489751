"""Builds a network of the table for given images and classes."""

from collections.abc import Mapping
from typing import Any, Literal

import keras

from cutmix_tf._checks import check_choice, check_whole
from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._regularizer import REGULARIZERS, Regularizer
from cutmix_tf.models._table import architecture

Stem = Literal["auto", "cifar", "imagenet"]


def build(
    name: str,
    *,
    num_classes: int,
    input_shape: tuple[int, int, int],
    stem: Stem = "auto",
    sync_batch_norm: bool = True,
    regularizer: Regularizer | None = None,
    last_stride: int = 2,
) -> keras.Model:
    """Builds an uncompiled functional model from float images to float32 logits (batch, num_classes).

    The logits are float32 under mixed precision too. Initial weights are random: call
    `keras.utils.set_random_seed` first to have the same ones again.

    Args:
      name: A key of `MODELS`, or any wrn{depth}_{width} with a depth of 6n + 4.
      num_classes: Number of classes, at least 2.
      input_shape: Height, width and channels of one image. Any size that leaves the last feature map at
        least one whole cell; it needn't be square.
      stem: "cifar" begins with a 3×3 convolution at full resolution, "imagenet" with a 7×7 convolution and a
        max pool that shrink the image four times. "auto" takes "cifar" where the smaller side is at
        most 64 pixels, or where the network has no other.
      sync_batch_norm: Whether BatchNormalization takes its statistics over the whole batch, so that a result
        does not depend on how many replicas share it. The papers' code took them on each GPU, which
        False gives under a `tf.distribute` strategy; on one device, and on Keras backends other than
        TensorFlow, both are the same.
      regularizer: What is put into the residual units: `WithDropBlock()`, `WithStochasticDepth()` or
        `WithShakeDrop()`, with their settings; None for nothing.
      last_stride: Stride of a ResNet's last stage. 1 leaves the last feature map twice as large, as is usual for
        localizing objects: 14×14 at 224 pixels. Parameters stay the same.

    Raises:
      ValueError: if there is no such network, if it has no such stem, if num_classes is below 2, if
        input_shape is not three positive numbers, or is smaller than the network's stride, or if a network
        without residual units is to have a regularizer, or one that is no ResNet another last stride.
      TypeError: if num_classes or a side of input_shape is no whole number, or regularizer is something else.

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
    chosen = _choose_stem(stem, row.strides, height, width)
    _check_size(name, chosen, row.strides[chosen], height, width)
    _check_regularizer(name, row, regularizer)
    images = keras.Input(tuple(input_shape), name="images")
    extra: dict[str, Any] = {} if regularizer is None else {"regularizer": regularizer}
    check_choice("last_stride", last_stride, (1, 2))
    if last_stride != 2:
        if not row.takes_last_stride:
            raise ValueError(f"last_stride=1 is for ResNets; {name} has none to change. Leave it out.")
        extra["last_stride"] = last_stride
    logits = row.network(images, num_classes=num_classes, stem=chosen, sync_batch_norm=sync_batch_norm, **extra)
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
            f"{name} with the {stem} stem shrinks images by {stride}, so that they must have at least "
            f"{stride} × {stride} pixels; got {height} × {width}. "
            "Resize the images, or take a network or stem that shrinks less."
        )


def _check_regularizer(name: str, architecture: Architecture, regularizer: Regularizer | None) -> None:
    if regularizer is None:
        return
    if not isinstance(regularizer, tuple(REGULARIZERS.values())):
        raise TypeError(
            f"regularizer must be one of {', '.join(f'{kind}(...)' for kind in REGULARIZERS)}, or None; "
            f"got {regularizer!r}."
        )
    if not architecture.takes_regularizer:
        raise ValueError(
            f"{regularizer} is put into residual units, of which {name} offers none. "
            "Leave out the regularizer, or take a residual network such as resnet50."
        )
