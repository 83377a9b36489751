"""The residual networks beyond the plain ResNets, and the regularizers in their units."""

import ast
import dataclasses
import math

import keras
import numpy as np
import pytest

from cutmix_tf import layers, models
from cutmix_tf.models import WithDropBlock, WithShakeDrop, WithStochasticDepth
from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._attention import gather_excite, squeeze_excite
from cutmix_tf.models._layers import batch_norm, pad_channels
from cutmix_tf.models._pyramidnet import pyramidnet
from cutmix_tf.models._resnet import basic, grouped, resnet
from cutmix_tf.models._wide_resnet import wide_resnet

CIFAR = {  # trainable parameters with 10 and with 100 classes
    "pyramidnet110": (1_696_410, 1_725_300),
    "pyramidnet200": (26_752_702, 26_844_952),
    "resnet110_bottleneck": (1_147_738, 1_170_868),
    "wrn16_1": (175_066, 180_916),
    "wrn16_4": (2_748_890, 2_772_020),
    "wrn28_10": (36_479_194, 36_536_884),
    "wrn40_2": (2_243_546, 2_255_156),
}
IMAGENET = {  # with 1000 classes, for images of 224 × 224
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x4d": 44_177_704,
    "se_resnet50": 28_088_024,
    "se_resnet101": 49_326_872,
    "ge_resnet50": 33_637_592,
    "ge_resnet101": 58_323_224,
}
LARGE = {"pyramidnet200", "resnext101_32x4d", "se_resnet101", "ge_resnet101"}


def rows(names):
    return [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in names]


@pytest.fixture
def symbolic(monkeypatch):
    """Weights start as zeros: shapes and wiring are the same, and large networks are there at once."""
    monkeypatch.setattr(keras.initializers, "VarianceScaling", lambda *_: "zeros")
    monkeypatch.setattr(keras.initializers, "RandomUniform", lambda *_: "zeros")
    yield
    keras.backend.clear_session()


def build(name, num_classes=10, input_shape=(32, 32, 3), **options):
    return models.build(name, num_classes=num_classes, input_shape=input_shape, **options)


def trainable(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def output_of(model, layer):
    return model.get_layer(layer).output


def some(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


# --- sizes and shapes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet20", "resnet18", "resnext50_32x4d", "se_resnet50", "ge_resnet50"])
def test_the_last_stride_of_one_leaves_a_map_twice_as_large(name):
    coarse, fine = (
        models.build(name, num_classes=10, input_shape=(64, 48, 3), last_stride=stride) for stride in (2, 1)
    )
    (height, width), (fine_height, fine_width) = (model.get_layer("pool").input.shape[1:3] for model in (coarse, fine))
    assert (fine_height, fine_width) == (2 * height, 2 * width)
    if not name.startswith("ge_"):  # whose kernels are as large as the map
        assert coarse.count_params() == fine.count_params()
    with pytest.raises(ValueError, match="last_stride=1 is for ResNets"):
        models.build("pyramidnet110", num_classes=10, input_shape=(32, 32, 3), last_stride=1)
    with pytest.raises(ValueError, match="last_stride must be one of 1, 2"):
        models.build(name, num_classes=10, input_shape=(32, 32, 3), last_stride=3)


@pytest.mark.parametrize("name", rows(CIFAR))
def test_parameters_of_networks_for_small_images(symbolic, name):
    ten, hundred = CIFAR[name]
    model = build(name, 10)
    assert trainable(model) == ten
    channels = output_of(model, "pool").shape[-1]
    assert hundred - ten == 90 * (channels + 1)  # the head is all that differs


@pytest.mark.parametrize("name", ["wrn17_4", "wrn4_1", "wrn16_0", "wrn016_4", "wrn16", "wrn16_4_2", "wrn-16-4"])
def test_a_wide_resnet_that_does_not_exist_is_refused_with_what_does(name):
    with pytest.raises(
        ValueError, match=r"depth of 6n \+ 4 \(10, 16, 22, 28, ...\) and a width of at least 1"
    ) as error:
        build(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("name", rows(IMAGENET))
def test_parameters_of_networks_for_large_images(symbolic, name):
    assert trainable(build(name, 1000, (224, 224, 3))) == IMAGENET[name]


@pytest.mark.parametrize(
    ("name", "stages", "last_map"),
    [
        ("pyramidnet110", (12, 12, 12), (8, 8, 320)),
        pytest.param("pyramidnet200", (22, 22, 22), (8, 8, 1024), marks=pytest.mark.slow),
        ("resnet110_bottleneck", (12, 12, 12), (8, 8, 256)),
        ("wrn28_10", (4, 4, 4), (8, 8, 640)),
        ("wrn10_3", (1, 1, 1), (8, 8, 192)),
        ("resnext50_32x4d", (3, 4, 6, 3), (4, 4, 2048)),
        ("se_resnet50", (3, 4, 6, 3), (4, 4, 2048)),
        ("ge_resnet50", (3, 4, 6, 3), (4, 4, 2048)),
    ],
)
def test_every_unit_ends_in_an_out_layer_through_which_all_passes(symbolic, name, stages, last_map):
    model = build(name)
    outs = [layer.name for layer in model.layers if layer.name.endswith("_out")]
    units = [f"stage{stage}_block{b}_out" for stage, count in enumerate(stages, 1) for b in range(1, count + 1)]
    assert outs == ["stem_out", *units]
    assert output_of(model, units[-1]).shape == (None, *last_map)
    for name in (outs[0], units[0], units[stages[0] + 1], units[-1]):
        tap = output_of(model, name)
        keras.Model(tap, model.output)  # refused by Keras where the rest of the graph needs another tensor too
    assert model.output.shape == (None, 10)
    assert model.output.dtype == "float32"


@pytest.mark.parametrize("name", ["wrn28_10", "ge_resnet50", "resnext50_32x4d"])
def test_images_may_be_of_any_size_and_shape(symbolic, name):
    model = build(name, 3, (19, 30, 1))
    assert output_of(model, "pool").shape[-1] == model.get_layer("logits").kernel.shape[0]
    expected = (5, 8) if name in CIFAR else (3, 4)
    assert model.get_layer("pool").input.shape[1:3] == expected


def test_mixed_precision_ends_in_float32_logits():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = small("ge", regularizer=WithDropBlock(0.1, 2))
    finally:
        keras.config.set_dtype_policy(before)
    last_map, logits = keras.Model(model.input, [output_of(model, "stage3_block1_out"), model.output])(
        some(2, 12, 8, 3), training=True
    )
    assert keras.backend.standardize_dtype(last_map.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert np.isfinite(logits).all()


# --- small networks of the same code ----------------------------------------------------------------------


def small(kind, *, size=(12, 8), **options):
    """Three stages of one or two narrow units."""
    images = keras.Input((*size, 3))
    common = {"num_classes": 5, "stem": "cifar", "sync_batch_norm": True}
    common |= {name: value for name, value in options.items() if value is not None}
    narrow = {"block": basic, "depths": (1, 2, 1), "width": 16}
    logits = {
        "resnet": lambda: resnet(images, **common, **narrow),
        "resnext": lambda: resnet(images, **common, **(narrow | {"block": grouped, "width": 32})),
        "se": lambda: resnet(images, **common, **narrow, attention=squeeze_excite),
        "ge": lambda: resnet(images, **common, **narrow, attention=gather_excite),
        "pyramidnet": lambda: pyramidnet(images, **common, depth=20, alpha=24),
        "wide_resnet": lambda: wide_resnet(images, **common, depth=16, widen=2),
    }[kind]()
    return keras.Model(images, logits)


KINDS = ("resnet", "resnext", "se", "ge", "pyramidnet", "wide_resnet")
REGULARIZERS = (WithDropBlock(0.2, 2), WithStochasticDepth(0.5), WithShakeDrop(0.5))
every_regularizer = pytest.mark.parametrize("regularizer", REGULARIZERS, ids=lambda value: type(value).__name__)


# --- PyramidNet -------------------------------------------------------------------------------------------


def test_pyramid_widths_grow_with_every_unit():
    model = small("pyramidnet")  # 16 + 24 / 6 for each of six units, and four times that at their ends
    outs = [f"stage{stage}_block{block}_out" for stage in (1, 2, 3) for block in (1, 2)]
    assert [output_of(model, out).shape[-1] // 4 for out in outs] == [20, 24, 28, 32, 36, 40]
    sizes = [output_of(model, out).shape[1:3] for out in outs]
    assert sizes == [(12, 8)] * 2 + [(6, 4)] * 2 + [(3, 2)] * 2


def test_missing_channels_are_zeros_at_the_end():
    x = some(2, 3, 4, 5)
    maps = keras.Input((3, 4, 5))
    padded = keras.Model(maps, pad_channels(maps, 8, name="pad"))(x)
    np.testing.assert_array_equal(padded, np.concatenate([x, np.zeros((2, 3, 4, 3))], axis=-1))


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


# --- Wide ResNet -------------------------------------------------------------------------------------------


def test_wide_units_normalize_first_and_project_the_activated_map():
    model = small("wide_resnet")
    shortcuts = [layer.name for layer in model.layers if "shortcut" in layer.name]
    assert shortcuts == [f"stage{stage}_block1_shortcut_conv" for stage in (1, 2, 3)]
    relu = output_of(model, "stage1_block1_relu1")
    assert model.get_layer("stage1_block1_shortcut_conv").input is relu
    assert model.get_layer("stage1_block1_conv1").input is relu
    # An identity shortcut is the map itself, not its activation.
    assert model.get_layer("stage1_block2_out").input[0] is output_of(model, "stage1_block1_out")


# --- ResNeXt, SE, GE ------------------------------------------------------------------------------------------


def test_groups_are_convolved_on_their_own():
    model = small("resnext")
    conv = model.get_layer("stage1_block1_conv2")
    x = some(2, *conv.input.shape[1:])
    kernel = np.asarray(conv.kernel)
    assert kernel.shape == (3, 3, 2, 64)  # 64 channels in 32 groups
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


# --- regularizers: where they are ---------------------------------------------------------------------------


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def units_in(model):
    return [layer.name.removesuffix("_out") for layer in model.layers if "block" in layer.name and "_out" in layer.name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("regularizer", "layer", "rates"),
    [
        (WithStochasticDepth(0.4), layers.StochasticDepth, "linear"),
        (WithStochasticDepth(0.4, rule="constant"), layers.StochasticDepth, "constant"),
        (WithShakeDrop(0.4), layers.ShakeDrop, "linear"),
    ],
)
def test_branches_end_in_their_regularizer(kind, regularizer, layer, rates):
    model = small(kind, regularizer=regularizer)
    units, found = units_in(model), layers_of(model, layer)
    for unit, regularized in zip(units, found, strict=True):
        add = model.get_layer(f"{unit}_out" if kind in ("pyramidnet", "wide_resnet") else f"{unit}_add")
        assert add.input[1] is regularized.output
        assert regularized.name.startswith(unit)
    expected = np.arange(1, len(units) + 1) / len(units) * 0.4 if rates == "linear" else [0.4] * len(units)
    np.testing.assert_allclose([regularized.drop_rate for regularized in found], expected)
    last = {"pyramidnet": "bn4", "wide_resnet": "conv2", "resnext": "bn3", "resnet": "bn2"}.get(kind, "scale")
    assert found[-1].input is output_of(model, f"{units[-1]}_{last}")


@pytest.mark.parametrize("kind", KINDS)
def test_drop_block_follows_every_norm_of_the_last_two_stages_and_the_shortcuts(kind):
    model = small(kind, regularizer=WithDropBlock(0.2, 3, per_channel=False))
    units = [unit for unit in units_in(model) if not unit.startswith("stage1")]
    found = {layer.name: layer for layer in layers_of(model, layers.DropBlock)}
    norms = {"pyramidnet": 4, "resnext": 3}.get(kind, 2)
    maps = [f"bn{number}" for number in range(1, norms + 1)]
    assert set(found) == {f"{unit}_{place}_drop_block" for unit in units for place in ("shortcut", *maps)}
    for layer in found.values():
        assert (layer.drop_rate, layer.block_size, layer.per_channel) == (0.2, 3, False)
    for unit in units:
        for number in range(1, norms + 1):
            before = found[f"{unit}_bn{number}_drop_block"].input
            names = {layer.name for layer in model.layers if layer.output is before}
            assert names <= {f"{unit}_bn{number}", f"{unit}_relu{number}"}
            followed_by_relu = any(layer.name == f"{unit}_relu{number}" for layer in model.layers)
            assert names == {f"{unit}_{'relu' if followed_by_relu else 'bn'}{number}"}
        add = model.get_layer(f"{unit}_out" if kind in ("pyramidnet", "wide_resnet") else f"{unit}_add")
        assert add.input[0] is found[f"{unit}_shortcut_drop_block"].output


@every_regularizer
def test_a_regularizer_leaves_names_weights_and_cut_points_as_they_are(regularizer):
    plain, regularized = (small("se", regularizer=value) for value in (None, regularizer))
    names = [layer.name for layer in plain.layers if not isinstance(layer, keras.layers.InputLayer)]
    kinds = (layers.DropBlock, layers.StochasticDepth, layers.ShakeDrop)
    assert {layer.name for layer in regularized.layers if not isinstance(layer, kinds)} >= set(names)
    assert trainable(regularized) == trainable(plain)
    for layer in regularized.layers:
        if layer.name.endswith("_out"):
            keras.Model(layer.output, regularized.output)


def test_drop_block_does_nothing_in_inference_and_depth_scales_the_branches():
    plain = small("pyramidnet")
    x = some(3, 12, 8, 3)
    for regularizer, same in ((WithDropBlock(0.5, 2), True), (WithStochasticDepth(0.5), False)):
        other = small("pyramidnet", regularizer=regularizer)
        for layer in plain.layers:
            if layer.weights:
                other.get_layer(layer.name).set_weights(layer.get_weights())
        assert np.allclose(other(x), plain(x), rtol=1e-5, atol=1e-6) is same
        assert not np.allclose(other(x, training=True), plain(x, training=True), rtol=1e-3)


@every_regularizer
@pytest.mark.parametrize("kind", ["resnet", "pyramidnet"])
def test_a_regularized_network_trains(kind, regularizer):
    keras.utils.set_random_seed(0)
    model = small(kind, regularizer=regularizer)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=False, run_eagerly=kind != "resnet")  # one graph is slow enough
    before = [np.asarray(weight) for weight in model.trainable_weights]
    images, labels = some(6, 12, 8, 3), np.arange(6) % 5
    history = model.fit(images, labels, batch_size=4, epochs=1, verbose=0)  # the last batch holds two
    assert np.isfinite(history.history["loss"]).all()
    changed = [(old != np.asarray(new)).any() for old, new in zip(before, model.trainable_weights, strict=True)]
    assert np.mean(changed) > 0.5
    assert np.isfinite(model.predict(images, verbose=0)).all()


# Keras 3.15 reads variables in a way that NumPy 2 deprecates.
@every_regularizer
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_regularized_network_survives_a_file(regularizer, tmp_path):
    model = small("ge", regularizer=regularizer)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = some(2, 12, 8, 3)
    np.testing.assert_array_equal(loaded(x), model(x))
    np.testing.assert_array_equal(loaded(x, training=True), model(x, training=True))  # the same draws


# --- regularizers: as values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", models.REGULARIZERS.values(), ids=models.REGULARIZERS)
def test_a_regularizer_reads_back_from_its_text(kind):
    for value in (kind(), kind(drop_rate=0.125)):
        call = ast.parse(repr(value), mode="eval").body
        assert models.REGULARIZERS[call.func.id] is kind
        assert kind(**{word.arg: ast.literal_eval(word.value) for word in call.keywords}) == value
        assert hash(value) == hash(dataclasses.replace(value))


@pytest.mark.parametrize("name", ["pyramidnet110", "wrn28_10", "resnet20"])
def test_build_puts_the_regularizer_in(symbolic, name):
    model = build(name, regularizer=WithStochasticDepth(0.25))
    found = layers_of(model, layers.StochasticDepth)
    assert len(found) == len(units_in(model))
    assert found[-1].drop_rate == 0.25


def test_all_residual_networks_take_one():
    residual = {name for name in models.MODELS if "res" in name or "wrn" in name or "pyramid" in name}
    assert residual >= {*CIFAR, *IMAGENET, "resnet20", "resnet152"}
    assert {name for name, row in models.MODELS.items() if row.takes_regularizer} == residual


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: WithDropBlock(1.1), ValueError, r"drop_rate must be at least 0 and at most 1; got 1\.1\."),
        (lambda: WithDropBlock(block_size=0), ValueError, r"block_size must be at least 1; got 0\."),
        (lambda: WithDropBlock(per_channel="no"), TypeError, r"per_channel must be True or False; got 'no'\."),
        (lambda: WithStochasticDepth("0.2"), TypeError, r"drop_rate must be a number; got '0\.2'"),
        (lambda: WithStochasticDepth(rule="liner"), ValueError, r"rule must be one of .*Did you mean 'linear'\?"),
        (lambda: WithShakeDrop(-1), ValueError, r"drop_rate must be at least 0 and at most 1; got -1\."),
        (lambda: build("resnet20", regularizer=0.5), TypeError, r"one of WithDropBlock\(\.\.\.\).*or None; got 0\.5\."),
        (lambda: build("resnet20", regularizer=WithDropBlock), TypeError, r"regularizer must be one of .*got <class"),
        (lambda: build("resnet20", regularizer=models.Regularizer()), TypeError, r"got Regularizer\(\)\."),
        (lambda: build("pyramidnet110", stem="imagenet"), ValueError, r"stem of pyramidnet110 must be one of 'auto'"),
        (lambda: build("wrn28_10", input_shape=(3, 9, 3)), ValueError, r"wrn28_10 .* 4 × 4 pixels; got 3 × 9"),
    ],
)
def test_refusals_say_what_was_needed_and_what_came(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_network_without_residual_units_takes_no_regularizer(monkeypatch):
    plain = Architecture("A plain network", {"cifar": 4}, network=lambda *_, **__: pytest.fail("built"))
    monkeypatch.setitem(models.MODELS, "plain", plain)
    message = r"WithShakeDrop\(drop_rate=0\.5\) is put into residual units, of which plain offers none\. Leave out"
    with pytest.raises(ValueError, match=message):
        build("plain", regularizer=WithShakeDrop())


def test_whether_statistics_are_synchronized_reaches_every_norm():
    norms = layers_of(small("ge", sync_batch_norm=False), keras.layers.BatchNormalization)
    assert norms
    assert not any(norm.synchronized for norm in norms)
    assert batch_norm(False)().momentum == norms[0].momentum == 0.9
