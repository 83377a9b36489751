"""The residual units of ResNet, ResNeXt, SE, GE, PyramidNet and Wide ResNet, against NumPy and by their wiring."""

import math

import keras
import numpy as np
import pytest
from helpers.small_models import build, convolved, output_of, small, some

from cutmix_tf.models import WithDropBlock

# --- ResNet ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_adds_its_convolutions_to_the_shortcut(stride):
    model = build(input_shape=(6, 7, 3))
    before, block = ("stem_out", "stage1_block1") if stride == 1 else ("stage1_block3_out", "stage2_block1")
    channels = output_of(model, before).shape[-1]
    x = np.random.default_rng(0).uniform(size=(2, 6, 7, channels)).astype("float32")

    def normed(x, layer, stride=1):
        kernel = np.asarray(model.get_layer(f"{block}_{layer}").kernel)
        return convolved(x, kernel, stride) / math.sqrt(1 + 1e-5)

    residual = normed(np.maximum(normed(x, "conv1", stride), 0), "conv2")
    shortcut = x if stride == 1 else normed(x, "shortcut_conv", stride)
    actual = keras.Model(output_of(model, before), output_of(model, f"{block}_out"))(x)
    np.testing.assert_allclose(actual, np.maximum(shortcut + residual, 0), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_bottleneck_projects_the_first_shortcut_too(symbolic):
    names = [layer.name for layer in build("resnet50", stem="cifar").layers]
    shortcuts = [name.removesuffix("_shortcut_conv") for name in names if name.endswith("_shortcut_conv")]
    assert shortcuts == [f"stage{stage}_block1" for stage in (1, 2, 3, 4)]


@pytest.mark.slow
def test_a_bottleneck_is_strided_in_its_3x3_convolution(symbolic):
    model = build("resnet50", stem="imagenet", input_shape=(64, 64, 3))
    for stage, before in ((2, 16), (3, 8), (4, 4)):
        sizes = [output_of(model, f"stage{stage}_block1_bn{number}").shape[1] for number in (1, 2, 3)]
        assert sizes == [before, before // 2, before // 2]


def test_shortcuts_are_projected_only_where_the_shape_changes(symbolic):
    def projections(name):
        names = (layer.name for layer in build(name, stem="cifar").layers)
        return [name.removesuffix("_shortcut_conv") for name in names if name.endswith("_shortcut_conv")]

    assert projections("resnet20") == ["stage2_block1", "stage3_block1"]
    assert projections("resnet18") == [f"stage{stage}_block1" for stage in (2, 3, 4)]
    assert projections("wrn10_1") == ["stage2_block1", "stage3_block1"]


# --- ResNeXt, SE, GE -------------------------------------------------------------------------------------


def test_groups_are_convolved_on_their_own():
    model = small("resnext")
    conv = model.get_layer("stage1_block1_conv2")
    x = some(2, *conv.input.shape[1:])
    assert np.asarray(conv.kernel).shape == (3, 3, 2, 64)  # 64 channels in 32 groups
    x[..., 2:] = 0  # only the first group has anything
    result = np.asarray(conv(x))
    assert (result[..., :2] != 0).any()
    np.testing.assert_array_equal(result[..., 2:], 0)


def excited(model, name, x, summary):
    """NumPy's reading of the two dense layers and the sigmoid."""
    (kernel1, bias1), (kernel2, bias2) = (model.get_layer(f"{name}_excite{n}").get_weights() for n in (1, 2))
    hidden = np.maximum(summary @ kernel1 + bias1, 0)
    return x / (1 + np.exp(-(hidden @ kernel2 + bias2)))


@pytest.mark.parametrize("kind", ["se", "ge"])
def test_attention_scales_channels(kind):
    model = small(kind)
    name = "stage2_block2"
    branch = output_of(model, f"{name}_bn2")
    x = some(2, *branch.shape[1:])
    if kind == "se":
        summary = x.mean(axis=(1, 2), keepdims=True)
    else:
        weights = np.asarray(model.get_layer(f"{name}_gather").kernel)[..., 0]
        assert weights.shape == branch.shape[1:]  # one for each cell and channel
        summary = (x * weights).sum(axis=(1, 2), keepdims=True) / np.sqrt(1 + 1e-5)
    scaled = output_of(model, f"{name}_scale")
    actual = keras.Model(branch, scaled)(x)
    np.testing.assert_allclose(actual, excited(model, name, x, summary), rtol=1e-4, atol=1e-5)
    assert model.get_layer(f"{name}_add").input[1] is scaled  # before the sum


def test_mixed_precision_ends_in_float32_logits(policy):
    policy("mixed_bfloat16")
    model = small("ge", regularizer=WithDropBlock(0.1, 2))
    last_map, logits = keras.Model(model.input, [output_of(model, "stage3_block1_out"), model.output])(
        some(2, 12, 8, 3), training=True
    )
    assert keras.backend.standardize_dtype(last_map.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert np.isfinite(logits).all()


# --- PyramidNet ------------------------------------------------------------------------------------------


def test_pyramid_widths_grow_with_every_unit():
    model = small("pyramidnet")  # 16 + 24 / 6 for each of six units, and four times that at their ends
    outs = [f"stage{stage}_block{block}_out" for stage in (1, 2, 3) for block in (1, 2)]
    assert [output_of(model, out).shape[-1] // 4 for out in outs] == [20, 24, 28, 32, 36, 40]
    sizes = [output_of(model, out).shape[1:3] for out in outs]
    assert sizes == [(12, 8)] * 2 + [(6, 4)] * 2 + [(3, 2)] * 2


@pytest.mark.parametrize("size", [(12, 8), (9, 7)])
def test_the_pyramid_shortcut_averages_and_pads(size):
    """With the last norm of the branch set to zero, a unit returns its shortcut."""
    model = small("pyramidnet", size=size)
    last = model.get_layer("stage2_block1_bn4")
    last.set_weights([np.zeros_like(weights) for weights in last.get_weights()])
    before = output_of(model, "stage1_block2_out")
    x = some(2, *before.shape[1:])
    actual = np.asarray(keras.Model(before, output_of(model, "stage2_block1_out"))(x))
    height, width, channels = before.shape[1:]
    expected = np.zeros((2, -(-height // 2), -(-width // 2), actual.shape[-1]))
    for row, column in np.ndindex(expected.shape[1:3]):  # a window at the edge averages what it holds
        window = x[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        expected[:, row, column, :channels] = window.mean(axis=(1, 2))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_a_pyramid_unit_has_no_relu_before_its_first_convolution_nor_after_its_sum():
    model = small("pyramidnet")
    relus = [layer.name for layer in model.layers if isinstance(layer, keras.layers.ReLU)]
    units = [f"stage{stage}_block{block}" for stage in (1, 2, 3) for block in (1, 2)]
    assert relus == [f"{unit}_relu{number}" for unit in units for number in (2, 3)] + ["head_relu"]
    for unit in units:
        assert model.get_layer(f"{unit}_conv1").input is output_of(model, f"{unit}_bn1")


# --- Wide ResNet -----------------------------------------------------------------------------------------


def test_wide_units_normalize_first_and_project_the_activated_map():
    model = small("wide_resnet")
    shortcuts = [layer.name for layer in model.layers if "shortcut" in layer.name]
    assert shortcuts == [f"stage{stage}_block1_shortcut_conv" for stage in (1, 2, 3)]
    relu = output_of(model, "stage1_block1_relu1")
    assert model.get_layer("stage1_block1_shortcut_conv").input is relu
    assert model.get_layer("stage1_block1_conv1").input is relu
    # An identity shortcut is the map itself, not its activation.
    assert model.get_layer("stage1_block2_out").input[0] is output_of(model, "stage1_block1_out")
