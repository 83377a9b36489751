"""EfficientNets (Tan and Le, ICML 2019): keras-cv's, corrected where they differ from the paper."""

import functools
import math

import keras

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._keras_cv import backbone, copied, left_out
from cutmix_tf.models._layers import classify

_REPEATS = (1, 2, 2, 3, 3, 4, 1)  # blocks of each stage of B0
_STAGES = {
    "stackwise_num_repeats": list(_REPEATS),
    "stackwise_kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
    "stackwise_input_filters": [32, 16, 24, 40, 80, 112, 192],
    "stackwise_output_filters": [16, 24, 40, 80, 112, 192, 320],
    "stackwise_expansion_ratios": [1, 6, 6, 6, 6, 6, 6],
    "stackwise_strides": [1, 2, 2, 2, 1, 2, 1],
    "stackwise_squeeze_and_excite_ratios": [0.25] * 7,
}


def efficientnet(
    images,
    *,
    num_classes: int,
    stem: str,
    sync_batch_norm: bool,
    width: float,
    depth: float,
    dropout: float,
    drop_connect: float = 0.2,
) -> keras.KerasTensor:
    """The logits of an EfficientNet: B0 with its channels multiplied by `width` and its blocks by `depth`.

    `dropout` is the share of features that the head drops. `drop_connect` is the rate at which residual branches are
    dropped for single images; it rises linearly from 0 at the first block. The "cifar" stem is the same 3×3
    convolution with stride 1.

    keras-cv wires and scales the blocks; its initial values and batch statistics are the paper's. Three things are
    corrected: it puts an activation after each projection, where the paper has none; it scales drop-connect by B0's
    number of blocks whatever the depth, which gives up to 0.675 in B7; and it computes padding for the "imagenet"
    stem only.

    The whole graph passes through `stem_out` and through `stage1_out` to `stage7_out`, which end the stages. Inner
    layers have keras-cv's names.
    """
    repeats = [math.ceil(depth * count) for count in _REPEATS]
    ends = dict(_last_layer(stage, count) for stage, count in enumerate(repeats, 1))
    sync = sync_batch_norm and keras.config.backend() == "tensorflow"

    def replace(layer):
        name = layer.name
        if name in ends:
            return ends[name]
        if name == "stem_conv":
            return copied(layer, strides=1 if stem == "cifar" else 2, padding="same")
        if name == "stem_activation":
            return copied(layer, name="stem_out")
        if name.endswith(("_pad", "_project_activation")):
            return left_out
        if isinstance(layer, keras.layers.BatchNormalization):
            return copied(layer, synchronized=sync)
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            return copied(layer, padding="same")
        return copied(layer)

    x = backbone(
        "EfficientNetV1Backbone",
        images,
        replace,
        width_coefficient=width,
        depth_coefficient=depth,
        drop_connect_rate=drop_connect * sum(_REPEATS) / sum(repeats),
        **_STAGES,
    )
    # A channel dropped before the average is a feature dropped after it.
    x = keras.layers.SpatialDropout2D(dropout, data_format="channels_last", name="dropout")(x)
    return classify(x, num_classes)


def _last_layer(stage: int, count: int) -> tuple[str, keras.Layer]:
    """keras-cv's name of the last layer of a stage of `count` blocks, and what replaces it."""
    end = f"stage{stage}_out"
    if count == 1:
        return f"block{stage}a_project_activation", keras.layers.Activation("linear", name=end)
    return f"block{stage}{chr(ord('a') + count - 1)}_add", keras.layers.Add(name=end)


def _row(width: float, depth: float, size: int, dropout: float) -> Architecture:
    return Architecture(
        description=f"EfficientNet: width × {width:g}, depth × {depth:g}, published for {size} × {size} pixels",
        strides={"cifar": 16, "imagenet": 32},
        builder=functools.partial(efficientnet, width=width, depth=depth, dropout=dropout),
    )


EFFICIENTNETS = {
    "efficientnet_b0": _row(1.0, 1.0, 224, dropout=0.2),
    "efficientnet_b1": _row(1.0, 1.1, 240, dropout=0.2),
    "efficientnet_b2": _row(1.1, 1.2, 260, dropout=0.3),
    "efficientnet_b3": _row(1.2, 1.4, 300, dropout=0.3),
    "efficientnet_b4": _row(1.4, 1.8, 380, dropout=0.4),
    "efficientnet_b5": _row(1.6, 2.2, 456, dropout=0.4),
    "efficientnet_b6": _row(1.8, 2.6, 528, dropout=0.5),
    "efficientnet_b7": _row(2.0, 3.1, 600, dropout=0.5),
}
