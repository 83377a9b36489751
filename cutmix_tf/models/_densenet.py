"""DenseNets (Huang et al., CVPR 2017): keras-cv's, with either stem."""

import functools
from collections.abc import Callable

import keras

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._keras_cv import backbone, copied, left_out
from cutmix_tf.models._layers import batch_norm, classify, convolve, max_pool


def densenet(
    images, *, num_classes: int, stem: str, sync_batch_norm: bool, depths: tuple[int, ...]
) -> keras.KerasTensor:
    """The logits of a DenseNet-BC: four dense blocks of `depths[i]` layers, each adding 32 channels.

    keras-cv wires the dense blocks and the transitions. Stem, convolutions and normalizations are ours, because
    keras-cv has no stem for small images, pads strided convolutions on the right and at the bottom only, and
    differs in initial values and batch statistics (momentum 0.99, epsilon 1.001e-5, each replica its own).

    The whole graph passes through `stem_out` and through `stage1_out` to `stage4_out`, which end the dense blocks,
    before their transitions. Inner layers have keras-cv's names.
    """
    norm = batch_norm(sync_batch_norm)
    stem_layers = _STEMS[stem]()
    ends = {f"conv{stage + 1}_block_{depth - 1}_concat": f"stage{stage}_out" for stage, depth in enumerate(depths, 1)}

    def replace(layer):
        name = layer.name
        if name in stem_layers:
            return stem_layers[name]
        if isinstance(layer, keras.layers.BatchNormalization):
            return norm(name=name)
        if isinstance(layer, keras.layers.Conv2D):
            return functools.partial(convolve, filters=layer.filters, size=layer.kernel_size[0], name=name)
        return copied(layer, name=ends.get(name, name))

    x = backbone("DenseNetBackbone", images, replace, stackwise_num_repeats=list(depths))
    return classify(x, num_classes)


def _cifar_stem() -> dict[str, Callable]:
    """3×3 convolution at full resolution, by the names of the keras-cv layers that they replace."""
    return {
        "conv1_conv": functools.partial(convolve, filters=64, size=3, name="stem_conv"),
        "conv1_relu": keras.layers.ReLU(name="stem_out"),
        "pool1": left_out,
    }


def _imagenet_stem() -> dict[str, Callable]:
    """7×7 convolution and 3×3 max pool, each halving height and width."""
    return {
        "conv1_conv": functools.partial(convolve, filters=64, size=7, stride=2, name="stem_conv"),
        "pool1": functools.partial(max_pool, size=3, stride=2, name="stem_out"),
    }


_STEMS = {"cifar": _cifar_stem, "imagenet": _imagenet_stem}


def _row(depths: tuple[int, ...]) -> Architecture:
    return Architecture(
        description=f"DenseNet-BC: 4 dense blocks of {', '.join(map(str, depths))} layers, growth 32",
        strides={"cifar": 8, "imagenet": 32},
        builder=functools.partial(densenet, depths=depths),
    )


DENSENETS = {
    "densenet121": _row((6, 12, 24, 16)),
    "densenet169": _row((6, 12, 32, 32)),
    "densenet201": _row((6, 12, 48, 32)),
    "densenet264": _row((6, 12, 64, 48)),
}
