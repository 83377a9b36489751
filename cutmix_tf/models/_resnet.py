"""ResNets: the CIFAR family of three stages, and the ImageNet family of four with either stem.

ResNeXt groups the 3×3 convolutions; SE-ResNet and GE-ResNet end each residual branch with channel attention.
"""

import functools
from collections.abc import Callable

import keras

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._attention import AttentionKind, channel_attention
from cutmix_tf.models._layers import batch_norm, classify, convolve, max_pool
from cutmix_tf.models._regularizer import NOTHING, Regularizer
from cutmix_tf.models._unit import Unit, units_of

Convolution = tuple[int, ...]  # filters, size, stride, and groups if there is more than one
Block = Callable[[int, int], tuple[Convolution, ...]]  # of width and stride


def basic(width: int, stride: int) -> tuple[Convolution, ...]:
    """Two 3×3 convolutions."""
    return (width, 3, stride), (width, 3, 1)


def bottleneck(width: int, stride: int) -> tuple[Convolution, ...]:
    """1×1, 3×3 and 1×1 convolutions, the last four times as wide; strided in the 3×3 ("v1.5")."""
    return (width, 1, 1), (width, 3, stride), (4 * width, 1, 1)


def grouped(width: int, stride: int) -> tuple[Convolution, ...]:
    """A bottleneck of twice the inner width whose 3×3 convolution has 32 groups: "32x4d" at width 64."""
    return (2 * width, 1, 1), (2 * width, 3, stride, 32), (4 * width, 1, 1)


def resnet(
    images,
    *,
    num_classes: int,
    stem: str,
    sync_batch_norm: bool,
    regularizer: Regularizer = NOTHING,
    last_stride: int = 2,
    block: Block,
    depths: tuple[int, ...],
    width: int,
    attention: AttentionKind | None = None,
) -> keras.KerasTensor:
    """The logits of a ResNet: a stem, stages of `depths[i]` residual blocks of width `width · 2**i`, and a head.

    Layers are named `stem_conv`, …, `stem_out`, `stage1_block1_conv1`, …, `stage1_block1_out`, …, `pool`,
    `logits`. The whole graph passes through each `…_out`. Every stage but the first halves height and width in its
    first block; the last stage divides them by `last_stride`. `attention` comes last in each residual branch, before
    a `regularizer` for branches.
    """
    norm = batch_norm(sync_batch_norm)
    x = _STEMS[stem](images, width, norm)
    for unit in units_of(depths, last_stride):
        convolutions = block(width * 2 ** (unit.stage - 1), unit.stride)
        x = _residual(x, convolutions, unit, norm, attention, regularizer)
    return classify(x, num_classes)


def _cifar_stem(images, width, norm):
    """3×3 convolution at full resolution."""
    x = convolve(images, width, 3, name="stem_conv")
    x = norm(name="stem_bn")(x)
    return keras.layers.ReLU(name="stem_out")(x)


def _imagenet_stem(images, width, norm):
    """7×7 convolution and 3×3 max pool, each halving height and width."""
    x = convolve(images, width, 7, stride=2, name="stem_conv")
    x = norm(name="stem_bn")(x)
    x = keras.layers.ReLU(name="stem_relu")(x)
    return max_pool(x, 3, stride=2, name="stem_out")


_STEMS = {"cifar": _cifar_stem, "imagenet": _imagenet_stem}


def _residual(x, convolutions, unit: Unit, norm, attention: AttentionKind | None, regularizer: Regularizer):
    """ReLU(shortcut + convolutions), where the shortcut is a 1×1 convolution if the shape changes."""
    name, filters = unit.name, convolutions[-1][0]
    shortcut = x
    if unit.stride > 1 or x.shape[-1] != filters:
        shortcut = convolve(x, filters, 1, unit.stride, name=f"{name}_shortcut_conv")
        shortcut = norm(name=f"{name}_shortcut_bn")(shortcut)
    shortcut = regularizer.on_map(shortcut, unit, "shortcut")
    for number, convolution in enumerate(convolutions, start=1):
        x = convolve(x, *convolution, name=f"{name}_conv{number}")
        x = norm(name=f"{name}_bn{number}")(x)
        if number < len(convolutions):
            x = keras.layers.ReLU(name=f"{name}_relu{number}")(x)
        x = regularizer.on_map(x, unit, f"bn{number}")
    if attention is not None:
        x = channel_attention(x, attention, norm, name)
    x = regularizer.on_branch(x, unit)
    x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
    return keras.layers.ReLU(name=f"{name}_out")(x)


def _cifar_row(block: Block, count: int) -> Architecture:
    return Architecture(
        description=f"CIFAR ResNet: 3 stages of {count} {block.__name__} blocks, from 16 channels",
        strides={"cifar": 4},
        builder=functools.partial(resnet, block=block, depths=(count,) * 3, width=16),
        options=("regularizer", "last_stride"),
    )


def _imagenet_row(
    kind: str, block: Block, depths: tuple[int, ...], attention: AttentionKind | None = None
) -> Architecture:
    return Architecture(
        description=f"{kind}: 4 stages of {', '.join(map(str, depths))} {block.__name__} blocks",
        strides={"cifar": 8, "imagenet": 32},
        builder=functools.partial(resnet, block=block, depths=depths, width=64, attention=attention),
        options=("regularizer", "last_stride"),
    )


_DEPTHS_50, _DEPTHS_101 = (3, 4, 6, 3), (3, 4, 23, 3)

RESNETS = {f"resnet{depth}": _cifar_row(basic, (depth - 2) // 6) for depth in (20, 32, 44, 56, 110)} | {
    "resnet110_bottleneck": _cifar_row(bottleneck, 12),
    "resnet18": _imagenet_row("ResNet v1.5", basic, (2, 2, 2, 2)),
    "resnet34": _imagenet_row("ResNet v1.5", basic, (3, 4, 6, 3)),
    "resnet50": _imagenet_row("ResNet v1.5", bottleneck, _DEPTHS_50),
    "resnet101": _imagenet_row("ResNet v1.5", bottleneck, _DEPTHS_101),
    "resnet152": _imagenet_row("ResNet v1.5", bottleneck, (3, 8, 36, 3)),
    "resnext50_32x4d": _imagenet_row("ResNeXt", grouped, _DEPTHS_50),
    "resnext101_32x4d": _imagenet_row("ResNeXt", grouped, _DEPTHS_101),
    "se_resnet50": _imagenet_row("ResNet with squeeze-and-excitation", bottleneck, _DEPTHS_50, "squeeze_excite"),
    "se_resnet101": _imagenet_row("ResNet with squeeze-and-excitation", bottleneck, _DEPTHS_101, "squeeze_excite"),
    "ge_resnet50": _imagenet_row("ResNet with gather-excite (GE-θ⁺)", bottleneck, _DEPTHS_50, "gather_excite"),
    "ge_resnet101": _imagenet_row("ResNet with gather-excite (GE-θ⁺)", bottleneck, _DEPTHS_101, "gather_excite"),
}
