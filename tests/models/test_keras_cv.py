"""DenseNets, EfficientNets and VGG-GAP: sizes, shapes, values against keras.applications, cut points, training."""

import functools
import itertools
import math

import keras
import numpy as np
import pytest
from helpers.marks import slow_but
from helpers.small_models import images_for, trainable

from cutmix_tf import models

COUNTS = {  # trainable parameters with 1000 classes
    "densenet121": 7_978_856,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "densenet264": 33_337_704,
    "efficientnet_b0": 5_288_548,
    "efficientnet_b1": 7_794_184,
    "efficientnet_b2": 9_109_994,
    "efficientnet_b3": 12_233_232,
    "efficientnet_b4": 19_341_616,
    "efficientnet_b5": 30_389_784,
    "efficientnet_b6": 43_040_704,
    "efficientnet_b7": 66_347_960,
    "vgg16_gap": 14_714_688 + (9 * 512 + 1) * 1024 + 1025 * 1000,
}
SLOW = pytest.mark.slow  # building takes keras-cv seconds
SMALL = ("densenet121", "efficientnet_b0", "vgg16_gap")


def build(name, num_classes=10, input_shape=(32, 32, 3), **options):
    return models.build(name, num_classes=num_classes, input_shape=input_shape, **options)


@pytest.fixture(scope="module")
def small():
    """The smallest model of a family, for 10 classes of 32 × 32 pixels; each is built once."""

    @functools.cache
    def make(name):
        keras.utils.set_random_seed(0)
        return build(name)

    return make


def out_layers(model):
    return [layer for layer in model.layers if layer.name.endswith("_out")]


# ---- sizes and shapes ----


def test_the_table_holds_these_models():
    assert set(COUNTS) <= set(models.MODELS)
    assert not any(models.MODELS[name].options for name in COUNTS)


@SLOW
@pytest.mark.parametrize("name", COUNTS)
def test_parameters(symbolic, name):
    assert trainable(build(name, 1000, (224, 224, 3))) == COUNTS[name]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("densenet121", 6_964_106 - (7 * 7 - 3 * 3) * 3 * 64),  # a smaller kernel than the other stem's
        ("efficientnet_b0", 4_020_358),
        ("vgg16_gap", COUNTS["vgg16_gap"] - 990 * 1025),
    ],
)
def test_parameters_with_ten_classes_and_the_cifar_stem(small, name, count):
    assert trainable(small(name)) == count


CIFAR_MAPS = {
    "densenet121": (32, 32, 16, 8, 4),
    "efficientnet_b0": (32, 32, 16, 8, 4, 4, 2, 2),
    "vgg16_gap": (16, 8, 4, 2, 2, 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_maps_of_small_images(small, name):
    assert tuple(layer.output.shape[1] for layer in out_layers(small(name))) == CIFAR_MAPS[name]


@pytest.mark.parametrize(
    ("name", "input_shape", "maps"),
    [
        pytest.param("densenet121", (65, 97, 1), [(17, 25), (17, 25), (8, 12), (4, 6), (2, 3)], marks=SLOW),
        pytest.param(
            "efficientnet_b0",
            (65, 66, 1),
            [(33, 33), (33, 33), (17, 17), (9, 9), (5, 5), (5, 5), (3, 3), (3, 3)],
            marks=SLOW,
        ),
        ("vgg16_gap", (65, 97, 4), [(32, 48), (16, 24), (8, 12), (4, 6), (4, 6), (4, 6)]),
    ],
)
def test_maps_of_large_images(name, input_shape, maps):
    model = build(name, 7, input_shape)
    assert [layer.output.shape[1:3] for layer in out_layers(model)] == maps
    assert model.get_layer("pool").input.shape[1:3] == maps[-1]
    assert model(images_for(model)).shape == (2, 7)


def test_too_small_images_are_refused():
    with pytest.raises(ValueError, match="vgg16_gap with the imagenet stem shrinks images by 16"):
        build("vgg16_gap", input_shape=(15, 15, 3))
    with pytest.raises(ValueError, match=r"stem of vgg16_gap must be one of 'auto', 'imagenet'; got 'cifar'"):
        build("vgg16_gap", stem="cifar")


# ---- cut points ----


@pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param("densenet121", 5, marks=SLOW),
        pytest.param("efficientnet_b0", 8, marks=SLOW),
        ("vgg16_gap", 6),
    ],
)
def test_the_graph_can_be_cut_at_every_out_layer(small, name, count):
    model = small(name)
    x = images_for(model)
    expected = np.asarray(model(x))
    layers = out_layers(model)
    assert len(layers) == count
    for layer in layers:
        head, tail = keras.Model(model.input, layer.output), keras.Model(layer.output, model.output)
        np.testing.assert_array_equal(tail(head(x)), expected)


@pytest.mark.parametrize("name", slow_but(SMALL[2:], SMALL))
def test_a_model_is_made_of_kerass_own_layers(small, name):
    assert all(type(layer) is getattr(keras.layers, type(layer).__name__) for layer in small(name).layers)
    assert [layer.name for layer in small(name).layers][-2:] == ["pool", "logits"]


# ---- values, against the independent models of keras.applications ----


def same_weights(model, reference):
    """Gives both models the same random weights, of a size that keeps maps from growing or fading."""
    rng = np.random.default_rng(0)
    layers = ([layer for layer in each.layers if layer.weights] for each in (model, reference))
    for ours, theirs in zip(*layers, strict=True):
        weights = [rng.uniform(0.5, 1.5, weight.shape) for weight in ours.get_weights()]
        if not isinstance(ours, keras.layers.BatchNormalization):
            fan_in = 9 if isinstance(ours, keras.layers.DepthwiseConv2D) else math.prod(weights[0].shape[:-1])
            weights[0] = rng.normal(size=weights[0].shape) / math.sqrt(fan_in)
        ours.set_weights(weights)
        theirs.set_weights(weights)


def assert_same_maps(model, end, reference):
    ours = keras.Model(model.input, end)
    same_weights(ours, reference)
    x = images_for(ours)
    expected = np.asarray(reference(x))
    assert expected.std() > 0.1
    np.testing.assert_allclose(ours(x), expected, rtol=1e-3, atol=1e-3 * expected.std())


@SLOW
def test_densenet_is_that_of_keras_applications():
    model = build("densenet121", 10, (64, 67, 3), stem="imagenet")
    reference = keras.applications.DenseNet121(include_top=False, weights=None, input_shape=(64, 67, 3))
    assert_same_maps(model, model.get_layer("pool").input, reference)


@SLOW
@pytest.mark.parametrize(("number", "sides", "last_drop"), [(0, (64, 65), 14 / 16), (1, (33, 64), 22 / 23)], ids=str)
def test_efficientnet_is_that_of_keras_applications(number, sides, last_drop):
    model = build(f"efficientnet_b{number}", 10, (*sides, 3), stem="imagenet")
    make = getattr(keras.applications, f"EfficientNetB{number}")
    whole = make(include_top=False, weights=None, input_shape=(*sides, 3))
    reference = keras.Model(whole.get_layer("stem_conv_pad").input, whole.output)
    assert_same_maps(model, model.get_layer("dropout").input, reference)
    drops = [[layer.rate for layer in each.layers if type(layer) is keras.layers.Dropout] for each in (model, whole)]
    np.testing.assert_allclose(drops[0], drops[1])
    assert drops[0][-1] == pytest.approx(0.2 * last_drop)


@pytest.mark.slow
def test_vgg_is_that_of_keras_applications():
    model = build("vgg16_gap", 10, (33, 48, 3))
    whole = keras.applications.VGG16(include_top=False, weights=None, input_shape=(33, 48, 3))
    reference = keras.Model(whole.input, whole.get_layer("block5_conv3").output)
    assert_same_maps(model, model.get_layer("stage5_out").output, reference)


STEM_NORMS = [pytest.param("densenet121", "conv1_bn", marks=SLOW), ("efficientnet_b0", "stem_bn")]


@pytest.mark.parametrize(("name", "norm"), STEM_NORMS)
def test_the_cifar_stem_keeps_the_size_and_sees_all_sides(small, name, norm):
    model = small(name)
    before = keras.Model(model.input, model.get_layer("stem_conv").output)
    x = images_for(model)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    expected = np.einsum("bhwcij,ijcf->bhwf", windows, np.asarray(model.get_layer("stem_conv").kernel))
    np.testing.assert_allclose(before(x), expected, rtol=1e-4, atol=1e-5)
    assert model.get_layer(norm).input.shape[1:3] == (32, 32)


# ---- statistics, dropout, initial values, precision ----


DENSE_STATISTICS = pytest.param("densenet121", 0.9, 1e-5, marks=SLOW)


@pytest.mark.parametrize(("name", "momentum", "epsilon"), [DENSE_STATISTICS, ("efficientnet_b0", 0.99, 1e-3)])
def test_statistics(small, name, momentum, epsilon):
    synchronized = keras.config.backend() == "tensorflow"
    norms = [layer for layer in small(name).layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert {(norm.momentum, norm.epsilon, norm.synchronized) for norm in norms} == {(momentum, epsilon, synchronized)}


@SLOW
@pytest.mark.parametrize("name", SMALL[:2])
def test_statistics_of_each_replica(name):
    model = build(name, sync_batch_norm=False)
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert {norm.synchronized for norm in norms} == {False}


def test_dropped_channels_are_dropped_features(small):
    """The head of B0 drops a fifth of the averages and scales the others; at rest it changes nothing."""
    model = small("efficientnet_b0")
    last_map, pool = model.get_layer("dropout").input, model.get_layer("pool").output
    head = keras.Model(last_map, pool)
    x = np.random.default_rng(0).uniform(1, 2, (64, *last_map.shape[1:])).astype("float32")
    means = x.mean(axis=(1, 2))
    np.testing.assert_allclose(head(x), means, rtol=1e-5)
    dropped = np.asarray(head(x, training=True))
    assert np.mean(dropped == 0) == pytest.approx(0.2, abs=0.01)
    np.testing.assert_allclose(dropped[dropped > 0], 1.25 * means[dropped > 0], rtol=1e-5)


def test_drop_connect_drops_whole_branches_of_single_images(small):
    drops = [layer for layer in small("efficientnet_b0").layers if type(layer) is keras.layers.Dropout]
    assert len(drops) == 9
    for drop in drops:
        branches = np.asarray(drop(np.ones((200, 2, 2, 3), "float32"), training=True)).reshape(200, -1)
        assert set(np.round(np.unique(branches), 4)) <= {0, np.float32(round(1 / (1 - drop.rate), 4))}
        assert np.all(branches == branches[:, :1])


DENSE_CONVOLUTION = pytest.param("densenet121", "conv5_block_3_1_conv", marks=SLOW)


@pytest.mark.parametrize(
    ("name", "layer"),
    [DENSE_CONVOLUTION, ("vgg16_gap", "block4_conv2"), ("vgg16_gap", "head_out")],
)
def test_convolutions_start_normal_with_fan_out(small, name, layer):
    kernel = np.asarray(small(name).get_layer(layer).kernel)
    std = math.sqrt(2 / (kernel.shape[0] ** 2 * kernel.shape[-1]))
    assert kernel.std() == pytest.approx(std, rel=5 / math.sqrt(2 * kernel.size))
    assert np.mean(np.abs(kernel) > 2 * std) == pytest.approx(0.0455, abs=0.006)


@pytest.mark.parametrize("name", slow_but(SMALL[1:], SMALL))
def test_layers_start_differently(small, name):
    kernels = [np.asarray(layer.kernel) for layer in small(name).layers if type(layer) is keras.layers.Conv2D]
    starts = [tuple(kernel.ravel()[:4] / kernel.std()) for kernel in kernels]
    for one, another in itertools.combinations(starts, 2):
        assert not np.allclose(one, another)


@SLOW
def test_a_seed_repeats_the_initial_values():
    def weights():
        keras.utils.set_random_seed(3)
        return build("efficientnet_b0").get_weights()

    for one, another in zip(weights(), weights(), strict=True):
        np.testing.assert_array_equal(one, another)


@pytest.mark.skipif(keras.__version__.startswith("3.8."), reason="Keras 3.8 can't rebuild the casts of such a model")
@pytest.mark.parametrize("name", [pytest.param("efficientnet_b0", marks=SLOW), "vgg16_gap"])
def test_logits_stay_float32_under_mixed_precision(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build(name)
    finally:
        keras.config.set_dtype_policy(before)
    probe = keras.Model(model.input, [out_layers(model)[-1].output, model.output])
    last_map, logits = probe(images_for(model))
    assert keras.backend.standardize_dtype(last_map.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", [pytest.param("densenet121", marks=SLOW), "vgg16_gap"])
def test_images_are_channels_last_whatever_the_keras_default_is(name):
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        model = build(name, input_shape=(32, 40, 3))
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_image_data_format(before)
    assert model(images_for(model)).shape == (2, 10)


# ---- training ----


@SLOW
def test_one_step_of_training():
    keras.utils.set_random_seed(0)
    model = build("densenet121")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)  # tracing takes longer
    before = model.get_weights()
    value = model.train_on_batch(images_for(model), np.array([3, 7]))
    assert np.isfinite(value)
    changed = [np.any(one != another) for one, another in zip(before, model.get_weights(), strict=True)]
    assert all(changed)
