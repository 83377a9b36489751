"""PyramidNets: residual models whose width grows a little with every unit."""

import functools

import keras

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._layers import average_pool, batch_norm, classify, convolve, pad_channels
from cutmix_tf.models._regularizer import NOTHING, Regularizer
from cutmix_tf.models._unit import Unit, units_of


def pyramidnet(
    images,
    *,
    num_classes: int,
    stem: str,
    sync_batch_norm: bool,
    regularizer: Regularizer = NOTHING,
    depth: int,
    alpha: int,
) -> keras.KerasTensor:
    """The logits of a bottleneck PyramidNet for small images, whose width grows from 16 by `alpha` over all units.

    Layers are named `stem_conv`, `stem_out`, `stage1_block1_bn1`, …, `stage3_block…_out`, `head_bn`, `head_relu`,
    `pool`, `logits`; the whole graph passes through each `…_out`.

    Reference:
      Han et al., "Deep Pyramidal Residual Networks", CVPR 2017, https://arxiv.org/abs/1610.02915; as in the
      official code of CutMix, there is no ReLU in the stem nor before a unit's first convolution.
    """
    norm = batch_norm(sync_batch_norm)
    x = convolve(images, 16, 3, name="stem_conv")
    x = norm(name="stem_out")(x)
    depths = ((depth - 2) // 9,) * 3
    for unit in units_of(depths):
        width = round(16 + alpha * unit.number / unit.units)
        x = _residual(x, width, unit, norm, regularizer)
    x = norm(name="head_bn")(x)
    x = keras.layers.ReLU(name="head_relu")(x)
    return classify(x, num_classes)


def _residual(x, width: int, unit: Unit, norm, regularizer: Regularizer):
    """Adds 1×1, 3×3 and 1×1 convolutions to the shortcut, with norms before, between and after them."""
    name = unit.name
    shortcut = x
    if unit.stride > 1:
        shortcut = average_pool(shortcut, unit.stride, name=f"{name}_shortcut_pool")
    shortcut = pad_channels(shortcut, 4 * width, name=f"{name}_shortcut_pad")
    shortcut = regularizer.on_map(shortcut, unit, "shortcut")
    x = norm(name=f"{name}_bn1")(x)
    x = regularizer.on_map(x, unit, "bn1")
    convolutions = (width, 1, 1), (width, 3, unit.stride), (4 * width, 1, 1)
    for number, convolution in enumerate(convolutions, start=1):
        x = convolve(x, *convolution, name=f"{name}_conv{number}")
        x = norm(name=f"{name}_bn{number + 1}")(x)
        if number < len(convolutions):
            x = keras.layers.ReLU(name=f"{name}_relu{number + 1}")(x)
        x = regularizer.on_map(x, unit, f"bn{number + 1}")
    x = regularizer.on_branch(x, unit)
    return keras.layers.Add(name=f"{name}_out")([shortcut, x])


def _row(depth: int, alpha: int) -> Architecture:
    return Architecture(
        description=f"PyramidNet α={alpha}: 3 stages of {(depth - 2) // 9} bottleneck units",
        strides={"cifar": 4},
        builder=functools.partial(pyramidnet, depth=depth, alpha=alpha),
        options=("regularizer",),
    )


PYRAMIDNETS = {"pyramidnet110": _row(110, 64), "pyramidnet200": _row(200, 240)}
