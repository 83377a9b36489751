"""Wide ResNets: few and wide residual units, normalized before each convolution."""

import functools
import re

import keras

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._layers import batch_norm, classify, convolve
from cutmix_tf.models._regularizer import NOTHING, Regularizer
from cutmix_tf.models._unit import Unit, units_of


def wide_resnet(
    images,
    *,
    num_classes: int,
    stem: str,
    sync_batch_norm: bool,
    regularizer: Regularizer = NOTHING,
    depth: int,
    widen: int,
) -> keras.KerasTensor:
    """The logits of a Wide ResNet for small images: 3 stages of 16, 32 and 64 times `widen` channels.

    Layers are named `stem_out`, `stage1_block1_bn1`, …, `stage3_block…_out`, `head_bn`, `head_relu`, `pool`,
    `logits`; the whole graph passes through each `…_out`.

    Reference:
      Zagoruyko and Komodakis, "Wide Residual Networks", BMVC 2016, https://arxiv.org/abs/1605.07146; built
      without dropout.
    """
    norm = batch_norm(sync_batch_norm)
    x = convolve(images, 16, 3, name="stem_out")
    for unit in units_of(((depth - 4) // 6,) * 3):
        x = _residual(x, 16 * widen * 2 ** (unit.stage - 1), unit, norm, regularizer)
    x = norm(name="head_bn")(x)
    x = keras.layers.ReLU(name="head_relu")(x)
    return classify(x, num_classes)


def _residual(x, width: int, unit: Unit, norm, regularizer: Regularizer):
    """Adds two 3×3 convolutions, each after BatchNormalization and ReLU, to the shortcut.

    If the width changes, the shortcut is a 1×1 convolution of the first ReLU's output.
    """
    name, shortcut = unit.name, x
    for number, stride in ((1, unit.stride), (2, 1)):
        x = norm(name=f"{name}_bn{number}")(x)
        x = keras.layers.ReLU(name=f"{name}_relu{number}")(x)
        if number == 1 and shortcut.shape[-1] != width:
            shortcut = convolve(x, width, 1, stride, name=f"{name}_shortcut_conv")
        x = regularizer.on_map(x, unit, f"bn{number}")
        x = convolve(x, width, 3, stride, name=f"{name}_conv{number}")
    shortcut = regularizer.on_map(shortcut, unit, "shortcut")
    x = regularizer.on_branch(x, unit)
    return keras.layers.Add(name=f"{name}_out")([shortcut, x])


def wide_resnet_row(name: str) -> Architecture | None:
    """The Wide ResNet that a name of the form wrn{depth}_{width} stands for; None for any other name.

    Raises:
      ValueError: if the name begins with "wrn" but there is no such model.
    """
    if not name.startswith("wrn"):
        return None
    match = re.fullmatch(r"wrn([1-9]\d*)_([1-9]\d*)", name)
    depth, widen = map(int, match.groups()) if match else (0, 0)
    if depth < 10 or depth % 6 != 4:
        raise ValueError(
            "A Wide ResNet is named wrn{depth}_{width}, with a depth of 6n + 4 (10, 16, 22, 28, ...) and a width of "
            f"at least 1, such as wrn28_10; got {name!r}."
        )
    return _row(depth, widen)


def _row(depth: int, widen: int) -> Architecture:
    return Architecture(
        description=f"Wide ResNet wrn{{6n+4}}_{{width}}: 3 stages of {(depth - 4) // 6} units, {widen} times as wide",
        strides={"cifar": 4},
        builder=functools.partial(wide_resnet, depth=depth, widen=widen),
        options=("regularizer",),
    )


_LISTED = ((16, 1), (16, 2), (16, 4), (28, 10), (40, 2))
WIDE_RESNETS = {f"wrn{depth}_{widen}": _row(depth, widen) for depth, widen in _LISTED}
