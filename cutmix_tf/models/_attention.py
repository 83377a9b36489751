"""Channel attention at the end of a residual branch: squeeze-and-excitation, gather-excite."""

from collections.abc import Callable
from typing import Literal

import keras

AttentionKind = Literal["squeeze_excite", "gather_excite"]

_REDUCTION = 16


def channel_attention(x, kind: AttentionKind, norm: Callable[..., keras.Layer], name: str) -> keras.KerasTensor:
    """Scales each channel by a value in (0, 1) that a summary of all channels decides.

    The scale is sigmoid(dense(relu(dense(summary)))), with a sixteenth of the channels in between. "squeeze_excite"
    summarizes each channel by its average; "gather_excite" by learned weights, one for each cell and channel, and a
    norm. The latter is the variant GE-θ⁺ with the whole map as its extent, so the model takes images of one size.

    Args:
      x: The branch's map (batch, height, width, channels).
      kind: What summarizes the map.
      norm: Makes a BatchNormalization layer of a given name.
      name: What the names of the layers begin with.

    Reference:
      Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, https://arxiv.org/abs/1709.01507, Section 3.
      Hu et al., "Gather-Excite", NeurIPS 2018, https://arxiv.org/abs/1810.12348, Section 4.
    """
    summary = _average(x, name) if kind == "squeeze_excite" else _gather(x, norm, name)
    channels = x.shape[-1]
    hidden = keras.layers.Dense(channels // _REDUCTION, "relu", name=f"{name}_excite1")(summary)
    scale = keras.layers.Dense(channels, "sigmoid", name=f"{name}_excite2")(hidden)
    return keras.layers.Multiply(name=f"{name}_scale")([x, scale])


def _average(x, name: str):
    return keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", keepdims=True, dtype="float32", name=f"{name}_squeeze"
    )(x)


def _gather(x, norm, name: str):
    gathered = keras.layers.DepthwiseConv2D(
        x.shape[1:3],
        use_bias=False,
        depthwise_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
        data_format="channels_last",
        name=f"{name}_gather",
    )(x)
    return norm(name=f"{name}_gather_bn")(gathered)
