"""Channel attention at the end of a residual branch: squeeze-and-excitation, gather-excite."""

import keras

_REDUCTION = 16


def squeeze_excite(x, norm, name: str) -> keras.KerasTensor:
    """Scales each channel by a value in (0, 1) that the averages of all channels decide.

    Reference:
      Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, https://arxiv.org/abs/1709.01507, Section 3.
    """
    squeezed = keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", keepdims=True, dtype="float32", name=f"{name}_squeeze"
    )(x)
    return _excite(x, squeezed, name)


def gather_excite(x, norm, name: str) -> keras.KerasTensor:
    """Like `squeeze_excite`, with learnt weights for each cell and channel of the map in the place of the average.

    This is the variant GE-θ⁺ with the whole map as extent, so that the network is made for images of one size.

    Reference:
      Hu et al., "Gather-Excite", NeurIPS 2018, https://arxiv.org/abs/1810.12348, Section 4.
    """
    gathered = keras.layers.DepthwiseConv2D(
        x.shape[1:3],
        use_bias=False,
        depthwise_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
        data_format="channels_last",
        name=f"{name}_gather",
    )(x)
    gathered = norm(name=f"{name}_gather_bn")(gathered)
    return _excite(x, gathered, name)


def _excite(x, summary, name: str):
    """The map, times sigmoid(dense(relu(dense(summary)))) with a sixteenth of the channels in between."""
    channels = x.shape[-1]
    hidden = keras.layers.Dense(channels // _REDUCTION, "relu", name=f"{name}_excite1")(summary)
    scale = keras.layers.Dense(channels, "sigmoid", name=f"{name}_excite2")(hidden)
    return keras.layers.Multiply(name=f"{name}_scale")([x, scale])
