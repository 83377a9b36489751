"""The networks by name: sizes, shapes, precision, initial values, padding, cut points, errors."""

import itertools
import json
import math
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from cutmix_tf import models
from cutmix_tf.models._layers import batch_norm

CIFAR_RESNETS = {  # trainable parameters with 10 and with 100 classes
    "resnet20": (272_474, 278_324),
    "resnet32": (466_906, 472_756),
    "resnet44": (661_338, 667_188),
    "resnet56": (855_770, 861_620),
    "resnet110": (1_730_714, 1_736_564),
}
RESNETS = {  # with 10 and 100 classes and the CIFAR stem, with 1000 classes and the ImageNet stem
    "resnet18": (11_173_962, 11_220_132, 11_689_512),
    "resnet34": (21_282_122, 21_328_292, 21_797_672),
    "resnet50": (23_520_842, 23_705_252, 25_557_032),
    "resnet101": (42_512_970, 42_697_380, 44_549_160),
    "resnet152": (58_156_618, 58_341_028, 60_192_808),
}


def build(name="resnet20", num_classes=10, input_shape=(16, 16, 3), **options):
    return models.build(name, num_classes=num_classes, input_shape=input_shape, **options)


def images_for(model, batch=2, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, *model.input_shape[1:])).astype("float32")


def output_of(model, layer):
    return model.get_layer(layer).output


def trainable(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


@pytest.fixture
def policy():
    """Sets the global dtype policy for one test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


# --- sizes and shapes ------------------------------------------------------------------------------------


def test_the_table_holds_these_networks():
    assert set(CIFAR_RESNETS) | set(RESNETS) <= set(models.MODELS)
    assert {"pyramidnet110", "pyramidnet200", "resnet110_bottleneck", "wrn28_10", "resnext50_32x4d"} <= set(
        models.MODELS
    )
    assert {"densenet264", "efficientnet_b7", "vgg16_gap", "se_resnet50", "ge_resnet101"} <= set(models.MODELS)


def test_descriptions_are_distinct_single_lines():
    descriptions = [row.description for row in models.MODELS.values()]
    assert len(set(descriptions)) == len(descriptions)
    assert all(text and text.splitlines() == [text] and len(text) < 80 for text in descriptions)


@pytest.mark.parametrize("name", CIFAR_RESNETS)
def test_parameters_of_cifar_resnets(name):
    counts = tuple(trainable(build(name, classes)) for classes in (10, 100))
    assert counts == CIFAR_RESNETS[name]


@pytest.mark.parametrize("name", RESNETS)
def test_parameters_of_resnets(name):
    cases = ((10, (32, 32, 3)), (100, (32, 32, 3)), (1000, (224, 224, 3)))
    assert tuple(trainable(build(name, *case)) for case in cases) == RESNETS[name]


@pytest.mark.parametrize(
    ("name", "stem", "input_shape", "last_map"),
    [
        ("resnet20", "auto", (33, 47, 1), (9, 12, 64)),
        ("resnet20", "auto", (4, 5, 3), (1, 2, 64)),
        ("resnet18", "cifar", (19, 31, 3), (3, 4, 512)),
        ("resnet18", "imagenet", (97, 65, 4), (4, 3, 512)),
        ("resnet18", "imagenet", (32, 32, 3), (1, 1, 512)),
        ("resnet50", "imagenet", (33, 45, 3), (2, 2, 2048)),
    ],
)
def test_any_image_size_and_any_number_of_classes(name, stem, input_shape, last_map):
    model = build(name, 7, input_shape, stem=stem)
    assert model.name == name
    assert model.get_layer("pool").input.shape == (None, *last_map)
    logits = model(images_for(model, batch=3))
    assert logits.shape == (3, 7)
    assert np.isfinite(logits).all()


def test_a_list_from_a_config_file_is_an_input_shape():
    assert build(input_shape=[8, 12, 3]).input_shape == (None, 8, 12, 3)


@pytest.mark.parametrize(
    ("name", "input_shape", "stem", "stem_size"),
    [
        ("resnet18", (64, 200, 3), "auto", (64, 200)),
        ("resnet18", (65, 65, 3), "auto", (17, 17)),
        ("resnet18", (200, 65, 3), "auto", (50, 17)),
        ("resnet18", (64, 64, 3), "imagenet", (16, 16)),
        ("resnet18", (65, 65, 3), "cifar", (65, 65)),
        ("resnet20", (65, 65, 3), "auto", (65, 65)),
        ("resnet20", (65, 65, 3), "cifar", (65, 65)),
    ],
)
def test_which_stem_is_taken(name, input_shape, stem, stem_size):
    assert output_of(build(name, 10, input_shape, stem=stem), "stem_out").shape[1:3] == stem_size


def test_a_bottleneck_is_strided_in_its_3x3_convolution():
    model = build("resnet50", stem="imagenet", input_shape=(64, 64, 3))
    for stage, before in ((2, 16), (3, 8), (4, 4)):
        sizes = [output_of(model, f"stage{stage}_block1_bn{number}").shape[1] for number in (1, 2, 3)]
        assert sizes == [before, before // 2, before // 2]


def test_shortcuts_are_projected_only_where_the_shape_changes():
    def projections(name):
        names = (layer.name for layer in build(name, stem="cifar").layers)
        return [name.removesuffix("_shortcut_conv") for name in names if name.endswith("_shortcut_conv")]

    assert projections("resnet20") == ["stage2_block1", "stage3_block1"]
    assert projections("resnet50") == [f"stage{stage}_block1" for stage in (1, 2, 3, 4)]


# --- precision -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mixed_bfloat16", "mixed_float16"])
def test_logits_stay_float32_under_mixed_precision(policy, name):
    policy(name)
    model = build("resnet18", stem="imagenet", input_shape=(32, 32, 3))
    probe = keras.Model(model.input, [output_of(model, "stage4_block2_out"), model.output])
    last_map, logits = probe(images_for(model), training=True)
    assert keras.backend.standardize_dtype(last_map.dtype) == name.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert np.isfinite(logits).all()
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_the_last_map_is_averaged_in_float32(policy):
    policy("mixed_bfloat16")
    model = build()
    last_map = keras.ops.cast(np.random.default_rng(0).uniform(size=(2, 4, 4, 64)), "bfloat16")
    head = keras.Model(output_of(model, "stage3_block3_out"), output_of(model, "pool"))
    expected = np.asarray(keras.ops.cast(last_map, "float32")).mean(axis=(1, 2))
    np.testing.assert_allclose(head(last_map), expected, rtol=1e-6)


# --- initial values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "size", "filters"),
    [("stage3_block2_conv1", 3, 256), ("stage4_block1_shortcut_conv", 1, 512), ("stem_conv", 7, 64)],
)
def test_convolutions_start_normal_with_fan_out(layer, size, filters):
    keras.utils.set_random_seed(0)
    model = build("resnet18", stem="imagenet", input_shape=(32, 32, 3))
    kernel = np.asarray(model.get_layer(layer).kernel)
    std = math.sqrt(2 / (size * size * filters))
    assert model.get_layer(layer).use_bias is False
    assert kernel.shape[0] == size
    assert kernel.std() == pytest.approx(std, rel=5 / math.sqrt(2 * kernel.size))
    assert abs(kernel.mean()) < 5 * std / math.sqrt(kernel.size)
    # A normal that isn't cut at two deviations leaves 4.55 % outside.
    assert np.mean(np.abs(kernel) > 2 * std) == pytest.approx(0.0455, abs=0.012)


def test_the_head_starts_uniform_within_the_inverse_root_of_its_channels():
    keras.utils.set_random_seed(0)
    head = build("resnet18", 1000, (8, 8, 3)).get_layer("logits")
    bound = 1 / math.sqrt(512)
    for values in map(np.asarray, (head.kernel, head.bias)):
        assert 0.99 * bound < np.abs(values).max() <= bound
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.05)


def test_batch_norm_starts_as_the_identity():
    norms = [layer for layer in build().layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(norms) == 21
    for norm in norms:
        gamma, beta, mean, variance = norm.get_weights()
        assert np.unique([gamma, variance]) == [1]
        assert np.unique([beta, mean]) == [0]


def test_layers_start_differently_and_a_seed_repeats_them():
    def kernels(seed):
        keras.utils.set_random_seed(seed)
        model = build()
        return [np.asarray(model.get_layer(f"stage1_block{block}_conv1").kernel) for block in (1, 2, 3)]

    first = kernels(seed=1)
    np.testing.assert_array_equal(first, kernels(seed=1))
    for one, another in itertools.combinations([*first, *kernels(seed=2)], 2):
        assert not np.array_equal(one, another)


# --- layers against NumPy --------------------------------------------------------------------------------


def windows(x, size, stride, fill):
    """Windows (batch, rows, columns, channels, size, size) of x with `size // 2` values around it."""
    margin = size // 2
    x = np.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]


def convolved(x, kernel, stride):
    return np.einsum("bhwcij,ijcf->bhwf", windows(x, kernel.shape[0], stride, 0), kernel)


@pytest.mark.parametrize("input_shape", [(6, 7, 3), (5, 8, 3)])
@pytest.mark.parametrize("layer", ["stem_conv", "stage2_block1_conv1", "stage2_block1_shortcut_conv"])
def test_convolutions_pad_alike_on_all_sides(layer, input_shape):
    model = build(input_shape=input_shape)
    before = model.input if layer == "stem_conv" else output_of(model, "stage1_block3_out")
    x = np.random.default_rng(0).normal(size=(2, *before.shape[1:])).astype("float32")
    expected = convolved(x, np.asarray(model.get_layer(layer).kernel), 1 if layer == "stem_conv" else 2)
    actual = keras.Model(before, output_of(model, layer))(x)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("input_shape", [(32, 35, 3), (33, 34, 3)])
def test_the_imagenet_stem_pads_alike_on_all_sides(input_shape):
    model = build("resnet18", input_shape=input_shape, stem="imagenet")
    x = images_for(model)
    maps = convolved(x, np.asarray(model.get_layer("stem_conv").kernel), 2) / math.sqrt(1 + 1e-5)
    expected = windows(np.maximum(maps, 0), 3, 2, -np.inf).max(axis=(-2, -1))
    actual = keras.Model(model.input, output_of(model, "stem_out"))(x)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


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


def test_images_are_channels_last_whatever_the_keras_default_is():
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        model = build("resnet18", input_shape=(32, 40, 3), stem="imagenet")
    finally:
        keras.config.set_image_data_format(before)
    assert model.get_layer("pool").input.shape == (None, 1, 2, 512)
    assert output_of(model, "pool").shape == (None, 512)
    assert model(images_for(model)).shape == (2, 10)


def test_the_head_is_linear_in_the_average_of_the_last_map():
    model = build()
    last_map = np.random.default_rng(0).uniform(size=(2, 4, 4, 64)).astype("float32")
    kernel, bias = model.get_layer("logits").get_weights()
    head = keras.Model(output_of(model, "stage3_block3_out"), model.output)
    np.testing.assert_allclose(head(last_map), last_map.mean(axis=(1, 2)) @ kernel + bias, atol=1e-5)


# --- batch statistics ------------------------------------------------------------------------------------


def test_moving_statistics_take_a_tenth_of_each_batch():
    model = build()
    x = 3 * images_for(model, batch=8) + 1
    maps = convolved(x, np.asarray(model.get_layer("stem_conv").kernel), 1)
    model(x, training=True)
    norm = model.get_layer("stem_bn")
    np.testing.assert_allclose(norm.moving_mean, 0.1 * maps.mean(axis=(0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, 0.9 + 0.1 * maps.var(axis=(0, 1, 2)), rtol=1e-3)


REPLICAS = """
import json
import keras, numpy as np, tensorflow as tf
from cutmix_tf.models._resnet import basic, resnet

cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategies = tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
rng = np.random.default_rng(0)
# The second half is another distribution, so that statistics of the halves are not those of the whole.
images = rng.normal(size=(8, 8, 8, 3)).astype("float32") + np.repeat([0.0, 3.0], 4)[:, None, None, None]
dataset = tf.data.Dataset.from_tensors((images.astype("float32"), rng.integers(0, 10, 8)))

def step(strategy, sync):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        inputs = keras.Input((8, 8, 3))
        options = dict(num_classes=10, stem="cifar", block=basic, depths=(1, 1), width=4)
        model = keras.Model(inputs, resnet(inputs, sync_batch_norm=sync, **options))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.1), loss)
    loss, = model.fit(dataset, shuffle=False, verbose=0).history["loss"]
    return float(loss), np.concatenate([weight.ravel() for weight in model.get_weights()])

report = {}
for sync in (True, False):
    (loss, weights), (other_loss, other_weights) = (step(strategy, sync) for strategy in strategies)
    report[str(sync)] = [abs(loss - other_loss), float(np.abs(weights - other_weights).max())]
print(json.dumps(report))
"""


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="tf.distribute needs TensorFlow")
def test_synchronized_statistics_do_not_depend_on_the_number_of_replicas():
    # A process of its own: logical devices must be set before TensorFlow first runs.
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, "-c", REPLICAS], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert max(report["True"]) < 1e-5
    assert min(report["False"]) > 1e-3


@pytest.mark.parametrize(
    ("backend", "sync", "expected"),
    [("tensorflow", True, True), ("tensorflow", False, False), ("jax", True, False), ("jax", False, False)],
)
def test_synchronization_is_asked_for_only_where_keras_has_it(monkeypatch, backend, sync, expected):
    monkeypatch.setattr(keras.config, "backend", lambda: backend)
    assert batch_norm(sync)().synchronized is expected


# --- cut points ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet20", "resnet18", "resnet50"])
def test_the_graph_can_be_cut_at_every_out_layer(name):
    model = build(name, input_shape=(32, 32, 3), stem="cifar" if name == "resnet20" else "imagenet")
    x = images_for(model)
    expected = np.asarray(model(x))
    taps = [layer.output for layer in model.layers if layer.name.endswith("_out")]
    assert len(taps) == 1 + {"resnet20": 9, "resnet18": 8, "resnet50": 16}[name]
    for tap in taps:
        head, tail = keras.Model(model.input, tap), keras.Model(tap, model.output)
        np.testing.assert_array_equal(tail(head(x)), expected)


def test_stages_recompose_and_share_the_weights():
    model = build()
    ends = [output_of(model, f"stage{stage}_block3_out") for stage in (1, 2, 3)]
    points = [model.input, *ends, model.output]
    stages = [keras.Model(start, end) for start, end in itertools.pairwise(points)]
    assert sum(len(stage.weights) for stage in stages) == len(model.weights)
    x = hidden = images_for(model)
    for stage in stages:
        hidden = stage(hidden)
    np.testing.assert_array_equal(hidden, model(x))


# --- files -----------------------------------------------------------------------------------------------


# Keras 3.15 reads variables in a way that NumPy 2 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_saved_model_loads_with_keras_alone(tmp_path):
    model = build("resnet18", input_shape=(33, 40, 3), stem="imagenet")
    x = images_for(model)
    model(x, training=True)
    assert all(type(layer) is getattr(keras.layers, type(layer).__name__) for layer in model.layers)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.name == "resnet18"
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(loaded(x), model(x))


# --- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": "ResNet50"}, ValueError, r"no model called 'ResNet50'\. Did you mean 'resnet50'\?"),
        ({"name": "lenet"}, ValueError, r"no model called 'lenet'\..*Known: densenet121, densenet169, "),
        ({"num_classes": 1}, ValueError, r"num_classes must be at least 2; got 1\."),
        ({"num_classes": 10.0}, TypeError, r"num_classes must be a whole number; got 10\.0 of type float"),
        ({"num_classes": True}, TypeError, r"num_classes must be a whole number; got True of type bool"),
        ({"input_shape": (32, 32)}, ValueError, r"\(height, width, channels\).*got \(32, 32\)\. Leave the"),
        ({"input_shape": (8, 32, 32, 3)}, ValueError, r"got \(8, 32, 32, 3\)\. Leave the batch out"),
        ({"input_shape": 32}, ValueError, r"\(height, width, channels\).*got 32\."),
        (
            {"input_shape": (None, 32, 3)},
            TypeError,
            r"height in input_shape must be a whole number; got None",
        ),
        (
            {"input_shape": (32, 32.0, 3)},
            TypeError,
            r"width in input_shape must be a whole number; got 32\.0",
        ),
        ({"input_shape": (32, 32, 0)}, ValueError, r"channels in input_shape must be at least 1; got 0"),
        ({"stem": "imagnet"}, ValueError, r"stem of resnet18 must be one of .*Did you mean 'imagenet'\?"),
        (
            {"stem": None},
            ValueError,
            r"stem of resnet18 must be one of 'auto', 'cifar', 'imagenet'; got None",
        ),
        (
            {"name": "resnet20", "stem": "imagenet"},
            ValueError,
            r"stem of resnet20 must be one of 'auto', 'cifar'; got 'imagenet'\.",
        ),
        (
            {"input_shape": (31, 40, 3), "stem": "imagenet"},
            ValueError,
            r"imagenet stem shrinks images by 32,.*at least 32 × 32 pixels; got 31 × 40\. Resize",
        ),
        ({"input_shape": (40, 7, 3)}, ValueError, r"cifar stem shrinks images by 8,.*got 40 × 7\. Resize"),
        ({"name": "resnet20", "input_shape": (3, 9, 3)}, ValueError, r"resnet20 .* 4 × 4 pixels; got 3 × 9"),
    ],
)
def test_refusals_say_what_was_needed_and_what_came(arguments, error, message):
    with pytest.raises(error, match=message):
        build(**({"name": "resnet18"} | arguments))
