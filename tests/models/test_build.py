"""Models by name: the table, shapes, stems, options, initial values, precision, cut points, files, refusals."""

import itertools
import math

import keras
import numpy as np
import pytest
from helpers.marks import slow_but
from helpers.small_models import build, images_for, output_of, trainable

from cutmix_tf import models
from cutmix_tf.models import BuilderOptions, WithShakeDrop
from cutmix_tf.models._architecture import Architecture

CIFAR_RESNETS = {  # trainable parameters with 10 and with 100 classes
    "resnet20": (272_474, 278_324),
    "resnet32": (466_906, 472_756),
    "resnet44": (661_338, 667_188),
    "resnet56": (855_770, 861_620),
    "resnet110": (1_730_714, 1_736_564),
}
CIFAR = {
    "pyramidnet110": (1_696_410, 1_725_300),
    "pyramidnet200": (26_752_702, 26_844_952),
    "resnet110_bottleneck": (1_147_738, 1_170_868),
    "wrn16_1": (175_066, 180_916),
    "wrn16_4": (2_748_890, 2_772_020),
    "wrn28_10": (36_479_194, 36_536_884),
    "wrn40_2": (2_243_546, 2_255_156),
}
RESNETS = {  # with 10 and 100 classes and the CIFAR stem, with 1000 classes and the ImageNet stem
    "resnet18": (11_173_962, 11_220_132, 11_689_512),
    "resnet34": (21_282_122, 21_328_292, 21_797_672),
    "resnet50": (23_520_842, 23_705_252, 25_557_032),
    "resnet101": (42_512_970, 42_697_380, 44_549_160),
    "resnet152": (58_156_618, 58_341_028, 60_192_808),
}
IMAGENET = {  # with 1000 classes, for images of 224 × 224
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x4d": 44_177_704,
    "se_resnet50": 28_088_024,
    "se_resnet101": 49_326_872,
    "ge_resnet50": 33_637_592,
    "ge_resnet101": 58_323_224,
}
LARGE = {
    *("resnet44", "resnet56", "resnet110", "resnet110_bottleneck", "resnet34", "resnet101", "resnet152"),
    *("pyramidnet110", "pyramidnet200", "wrn28_10", "wrn40_2"),
    *("resnet50", "resnext50_32x4d", "se_resnet50", "resnext101_32x4d", "se_resnet101", "ge_resnet101", "ge_resnet50"),
}


def rows(names):
    return [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in names]


# --- the table -------------------------------------------------------------------------------------------


def test_the_table_holds_these_models():
    keras_cv = {"densenet264", "efficientnet_b7", "vgg16_gap"}
    assert {*CIFAR_RESNETS, *CIFAR, *RESNETS, *IMAGENET, *keras_cv} <= set(models.MODELS)


def test_descriptions_are_distinct_single_lines():
    descriptions = [row.description for row in models.MODELS.values()]
    assert len(set(descriptions)) == len(descriptions)
    assert all(text and text.splitlines() == [text] and len(text) < 80 for text in descriptions)


@pytest.mark.parametrize("name", rows({**CIFAR_RESNETS, **CIFAR}))
def test_parameters_of_models_for_small_images(symbolic, name):
    ten, hundred = {**CIFAR_RESNETS, **CIFAR}[name]
    model = build(name)
    assert trainable(model) == ten
    assert hundred - ten == 90 * (output_of(model, "pool").shape[-1] + 1)  # the head is all that differs


@pytest.mark.parametrize("name", rows(RESNETS))
def test_parameters_of_resnets(symbolic, name):
    cases = ((10, (32, 32, 3)), (1000, (224, 224, 3)))
    ten, hundred, thousand = RESNETS[name]
    model, large = (build(name, *case) for case in cases)
    assert (trainable(model), trainable(large)) == (ten, thousand)
    assert hundred - ten == 90 * (output_of(model, "pool").shape[-1] + 1)


@pytest.mark.parametrize("name", rows(IMAGENET))
def test_parameters_of_models_for_large_images(symbolic, name):
    assert trainable(build(name, 1000, (224, 224, 3))) == IMAGENET[name]


@pytest.mark.parametrize("name", ["wrn17_4", "wrn4_1", "wrn16_0", "wrn016_4", "wrn16", "wrn16_4_2", "wrn-16-4"])
def test_a_wide_resnet_that_does_not_exist_is_refused_with_what_does(name):
    message = r"depth of 6n \+ 4 \(10, 16, 22, 28, ...\) and a width of at least 1"
    with pytest.raises(ValueError, match=message) as error:
        build(name)
    assert repr(name) in str(error.value)


# --- shapes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "stem", "input_shape", "last_map"),
    [
        ("resnet20", "auto", (33, 47, 1), (9, 12, 64)),
        pytest.param("resnet20", "auto", (4, 5, 3), (1, 2, 64), marks=pytest.mark.slow),
        pytest.param("resnet18", "cifar", (19, 31, 3), (3, 4, 512), marks=pytest.mark.slow),
        ("resnet18", "imagenet", (97, 65, 4), (4, 3, 512)),
        pytest.param("resnet18", "imagenet", (32, 32, 3), (1, 1, 512), marks=pytest.mark.slow),
        ("wrn10_1", "auto", (19, 30, 1), (5, 8, 64)),
        pytest.param("resnet50", "imagenet", (33, 45, 3), (2, 2, 2048), marks=pytest.mark.slow),
        pytest.param("ge_resnet50", "auto", (19, 30, 1), (3, 4, 2048), marks=pytest.mark.slow),
        pytest.param("resnext50_32x4d", "auto", (19, 30, 1), (3, 4, 2048), marks=pytest.mark.slow),
    ],
)
def test_any_image_size_and_any_number_of_classes(symbolic, name, stem, input_shape, last_map):
    model = build(name, 7, input_shape, stem=stem)
    assert model.name == name
    assert model.get_layer("pool").input.shape == (None, *last_map)
    logits = model(images_for(model, batch=3))
    assert logits.shape == (3, 7)
    assert np.isfinite(logits).all()


def test_a_list_from_a_config_file_is_an_input_shape():
    assert build(input_shape=[8, 12, 3]).input_shape == (None, 8, 12, 3)


@pytest.mark.parametrize(
    ("name", "stages", "last_map"),
    [
        ("wrn10_3", (1, 1, 1), (8, 8, 192)),
        ("resnet18", (2, 2, 2, 2), (4, 4, 512)),
        pytest.param("ge_resnet50", (3, 4, 6, 3), (4, 4, 2048), marks=pytest.mark.slow),
        pytest.param("pyramidnet110", (12, 12, 12), (8, 8, 320), marks=pytest.mark.slow),
        pytest.param("pyramidnet200", (22, 22, 22), (8, 8, 1024), marks=pytest.mark.slow),
        pytest.param("resnet110_bottleneck", (12, 12, 12), (8, 8, 256), marks=pytest.mark.slow),
        pytest.param("wrn28_10", (4, 4, 4), (8, 8, 640), marks=pytest.mark.slow),
        pytest.param("resnext50_32x4d", (3, 4, 6, 3), (4, 4, 2048), marks=pytest.mark.slow),
        pytest.param("se_resnet50", (3, 4, 6, 3), (4, 4, 2048), marks=pytest.mark.slow),
    ],
)
def test_every_unit_ends_in_an_out_layer_through_which_all_passes(symbolic, name, stages, last_map):
    model = build(name, 10, (32, 32, 3))
    outs = [layer.name for layer in model.layers if layer.name.endswith("_out")]
    units = [f"stage{stage}_block{b}_out" for stage, count in enumerate(stages, 1) for b in range(1, count + 1)]
    assert outs == ["stem_out", *units]
    assert output_of(model, units[-1]).shape == (None, *last_map)
    for out in (outs[0], units[0], units[len(units) // 2], units[-1]):
        keras.Model(output_of(model, out), model.output)  # refused by Keras if something bypasses it
    assert model.output.shape == (None, 10)
    assert model.output.dtype == "float32"


@pytest.mark.parametrize(
    ("name", "input_shape", "stem", "stem_size"),
    [
        pytest.param("resnet18", (64, 200, 3), "auto", (64, 200), marks=pytest.mark.slow),
        ("resnet18", (65, 65, 3), "auto", (17, 17)),
        pytest.param("resnet18", (200, 65, 3), "auto", (50, 17), marks=pytest.mark.slow),
        pytest.param("resnet18", (64, 64, 3), "imagenet", (16, 16), marks=pytest.mark.slow),
        ("resnet18", (65, 65, 3), "cifar", (65, 65)),
        pytest.param("resnet20", (65, 65, 3), "auto", (65, 65), marks=pytest.mark.slow),
        pytest.param("resnet20", (65, 65, 3), "cifar", (65, 65), marks=pytest.mark.slow),
    ],
)
def test_which_stem_is_built(symbolic, name, input_shape, stem, stem_size):
    assert output_of(build(name, 10, input_shape, stem=stem), "stem_out").shape[1:3] == stem_size


# --- precision -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", slow_but(["mixed_bfloat16"], ["mixed_bfloat16", "mixed_float16"]))
def test_logits_stay_float32_under_mixed_precision(policy, name):
    policy(name)
    model = build("resnet18", stem="imagenet", input_shape=(32, 32, 3))
    probe = keras.Model(model.input, [output_of(model, "stage4_block2_out"), model.output])
    last_map, logits = probe(images_for(model), training=True)
    assert keras.backend.standardize_dtype(last_map.dtype) == name.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert np.isfinite(logits).all()
    assert {weight.dtype for weight in model.weights} == {"float32"}


# --- initial values --------------------------------------------------------------------------------------


@pytest.mark.slow
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


# --- cut points and files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", slow_but(["resnet20"], ["resnet20", "resnet18", "resnet50"]))
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


@pytest.mark.slow
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


# --- options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", rows(["resnet20", "resnet18", "resnext50_32x4d", "se_resnet50", "ge_resnet50"]))
def test_the_last_stride_of_one_leaves_a_map_twice_as_large(symbolic, name):
    coarse, fine = (build(name, input_shape=(64, 48, 3), last_stride=stride) for stride in (2, 1))
    (height, width), fine_size = (model.get_layer("pool").input.shape[1:3] for model in (coarse, fine))
    assert fine_size == (2 * height, 2 * width)
    if not name.startswith("ge_"):  # whose kernels are as large as the map
        assert coarse.count_params() == fine.count_params()


def test_rows_declare_the_options_that_their_builders_take():
    """With the default value the builder gets no argument at all, with another one exactly that argument."""
    received = {}

    def builder(images, **arguments):
        received.update(arguments)
        return keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(images))

    fixed = {"num_classes": 2, "stem": "cifar", "sync_batch_norm": True}
    others = {"regularizer": WithShakeDrop(), "last_stride": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(models.MODELS, "mine", Architecture("Mine", {"cifar": 1}, builder, options=("last_stride",)))
        build("mine", 2, regularizer=None, last_stride=2)
        assert received == fixed
        build("mine", 2, last_stride=1)
        assert received == {**fixed, "last_stride": 1}
        with pytest.raises(ValueError, match=r"mine does not take regularizer; got .*WithShakeDrop.*such as resnet20"):
            build("mine", 2, **others)


@pytest.mark.parametrize("name", models.MODELS)
def test_every_declared_option_is_one_and_reaches_the_builder(name):
    row = models.MODELS[name]
    known = {"regularizer", "last_stride"}
    assert set(row.options) <= known
    builder = getattr(row.builder, "func", row.builder)
    assert set(row.options) == known & set(builder.__kwdefaults__ or ())


def test_options_are_checked_whatever_the_model():
    assert BuilderOptions().chosen() == {}
    assert BuilderOptions(last_stride=1).chosen() == {"last_stride": 1}
    with pytest.raises(TypeError, match=r"no option 'last_strid'\. Did you mean 'last_stride'\?"):
        build("densenet121", last_strid=2)
    with pytest.raises(ValueError, match="last_stride must be one of 1, 2; got 3"):
        build("pyramidnet110", last_stride=3)
    with pytest.raises(ValueError, match="pyramidnet110 does not take last_stride; got last_stride=1"):
        build("pyramidnet110", last_stride=1)


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
        ({"input_shape": (None, 32, 3)}, TypeError, r"height in input_shape must be a whole number; got None"),
        ({"input_shape": (32, 32.0, 3)}, TypeError, r"width in input_shape must be a whole number; got 32\.0"),
        ({"input_shape": (32, 32, 0)}, ValueError, r"channels in input_shape must be at least 1; got 0"),
        ({"stem": "imagnet"}, ValueError, r"stem of resnet18 must be one of .*Did you mean 'imagenet'\?"),
        ({"stem": None}, ValueError, r"stem of resnet18 must be one of 'auto', 'cifar', 'imagenet'; got None"),
        ({"name": "resnet20", "stem": "imagenet"}, ValueError, r"must be one of 'auto', 'cifar'; got 'imagenet'\."),
        ({"name": "pyramidnet110", "stem": "imagenet"}, ValueError, r"stem of pyramidnet110 must be one of 'auto'"),
        (
            {"input_shape": (31, 40, 3), "stem": "imagenet"},
            ValueError,
            r"imagenet stem shrinks images by 32,.*at least 32 × 32 pixels; got 31 × 40\. Resize",
        ),
        ({"input_shape": (40, 7, 3)}, ValueError, r"cifar stem shrinks images by 8,.*got 40 × 7\. Resize"),
        ({"name": "resnet20", "input_shape": (3, 9, 3)}, ValueError, r"resnet20 .* 4 × 4 pixels; got 3 × 9"),
        ({"name": "wrn28_10", "input_shape": (3, 9, 3)}, ValueError, r"wrn28_10 .* 4 × 4 pixels; got 3 × 9"),
        ({"regularizer": 0.5}, TypeError, r"one of WithDropBlock\(\.\.\.\).*or None; got 0\.5\."),
        ({"regularizer": models.WithDropBlock}, TypeError, r"regularizer must be one of .*got <class"),
        ({"regularizer": models.Regularizer()}, TypeError, r"got Regularizer\(\)\."),
    ],
)
def test_refusals_say_what_was_needed_and_what_came(arguments, error, message):
    with pytest.raises(error, match=message):
        build(**({"name": "resnet18"} | arguments))
