"""ResNets: the CIFAR family of three stages, and the ImageNet family of four with either stem."""

import functools
from collections.abc import Callable

import keras

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._layers import batch_norm, classify, convolve, max_pool

Convolution = tuple[int, int, int]  # filters, size, stride
Block = Callable[[int, int], tuple[Convolution, ...]]  # of width and stride


def basic(width: int, stride: int) -> tuple[Convolution, ...]:
    """Two 3×3 convolutions."""
    return (width, 3, stride), (width, 3, 1)


def bottleneck(width: int, stride: int) -> tuple[Convolution, ...]:
    """1×1, 3×3 and 1×1 convolutions, the last four times as wide; strided in the 3×3 ("v1.5")."""
    return (width, 1, 1), (width, 3, stride), (4 * width, 1, 1)


def resnet(
    images,
    *,
    num_classes: int,
    stem: str,
    sync_batch_norm: bool,
    block: Block,
    depths: tuple[int, ...],
    width: int,
) -> keras.KerasTensor:
    """The logits of a ResNet: stem, stages of `depths[i]` residual blocks of width `width · 2**i`, head.

    Layers are named `stem_conv`, …, `stem_out`, `stage1_block1_conv1`, …, `stage1_block1_out`, …, `pool`,
    `logits`. Each `…_out` is one tensor through which all of the graph passes. Every stage but the first
    halves height and width in its first block.
    """
    norm = batch_norm(sync_batch_norm)
    x = _STEMS[stem](images, width, norm)
    for stage, count in enumerate(depths, start=1):
        for number in range(1, count + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            convolutions = block(width * 2 ** (stage - 1), stride)
            x = _residual(x, convolutions, stride, norm, name=f"stage{stage}_block{number}")
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


def _residual(x, convolutions, stride, norm, name):
    """ReLU(shortcut + convolutions), with a 1×1 convolution as shortcut where the shape changes."""
    filters = convolutions[-1][0]
    shortcut = x
    if stride > 1 or x.shape[-1] != filters:
        shortcut = convolve(x, filters, 1, stride, name=f"{name}_shortcut_conv")
        shortcut = norm(name=f"{name}_shortcut_bn")(shortcut)
    for number, convolution in enumerate(convolutions, start=1):
        if number > 1:
            x = keras.layers.ReLU(name=f"{name}_relu{number - 1}")(x)
        x = convolve(x, *convolution, name=f"{name}_conv{number}")
        x = norm(name=f"{name}_bn{number}")(x)
    x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
    return keras.layers.ReLU(name=f"{name}_out")(x)


def _cifar_row(depth: int) -> Architecture:
    count = (depth - 2) // 6
    return Architecture(
        description=f"CIFAR ResNet: 3 stages of {count} basic blocks, 16 to 64 channels",
        strides={"cifar": 4},
        network=functools.partial(resnet, block=basic, depths=(count,) * 3, width=16),
    )


def _imagenet_row(block: Block, depths: tuple[int, ...]) -> Architecture:
    return Architecture(
        description=f"ResNet v1.5: 4 stages of {', '.join(map(str, depths))} {block.__name__} blocks",
        strides={"cifar": 8, "imagenet": 32},
        network=functools.partial(resnet, block=block, depths=depths, width=64),
    )


RESNETS = {f"resnet{depth}": _cifar_row(depth) for depth in (20, 32, 44, 56, 110)} | {
    "resnet18": _imagenet_row(basic, (2, 2, 2, 2)),
    "resnet34": _imagenet_row(basic, (3, 4, 6, 3)),
    "resnet50": _imagenet_row(bottleneck, (3, 4, 6, 3)),
    "resnet101": _imagenet_row(bottleneck, (3, 4, 23, 3)),
    "resnet152": _imagenet_row(bottleneck, (3, 8, 36, 3)),
}
