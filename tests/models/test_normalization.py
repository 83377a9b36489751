"""Normalization in front of a model: the pipeline's own bits, shared weights, files without our package."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.small_models import build, small
from hypothesis import given, settings
from hypothesis import strategies as some

from cutmix_tf.models import TappedModel, find_head, has_head, with_normalization

MEAN, STD = (125.3, 122.95, 113.87), (62.99, 62.09, 66.7)  # of CIFAR-10


def normalized(pixels, mean=MEAN, std=STD):
    """As the input pipeline computes: (x - mean) * (1 / std), each step rounded to float32."""
    mean, std = np.float32(mean), np.float32(std)
    return (pixels.astype(np.float32) - mean) * (np.float32(1) / std)


def pixels_for(model, count=3, dtype="uint8", seed=0):
    pixels = np.random.default_rng(seed).uniform(0, 255, (count, *model.input_shape[1:]))
    return pixels.astype(dtype)


def front_of(model):
    """The part of a model that normalizes."""
    return keras.Model(model.inputs[0], model.get_layer("divide_by_std").output)


value = some.floats(0.125, 250)


@settings(max_examples=8, deadline=None)
@given(some.lists(value, min_size=3, max_size=3), some.lists(value, min_size=3, max_size=3), some.integers(0, 1000))
def test_the_bits_are_those_of_the_pipeline(mean, std, seed):
    """For integers and fractions, in eager mode, as a graph, and compiled by XLA."""
    inputs = keras.Input((4, 5, 3))
    front = front_of(with_normalization(keras.Model(inputs, keras.layers.Identity()(inputs)), mean, std))
    for dtype in ("uint8", "float32"):
        pixels = pixels_for(front, dtype=dtype, seed=seed)
        expected = normalized(pixels, mean, std)
        np.testing.assert_array_equal(front(pixels), expected)
        for jit_compile in (False, True):
            compiled = tf.function(lambda x: front(x), jit_compile=jit_compile)
            np.testing.assert_array_equal(compiled(tf.constant(pixels)), expected)


def application():
    return keras.applications.MobileNetV2((32, 40, 3), alpha=0.35, weights=None, classes=4, classifier_activation=None)


def nested():
    images = keras.Input((12, 8, 3))
    inner = keras.Sequential([keras.Input((12, 8, 3)), keras.layers.Conv2D(4, 3)], name="inner")
    x = keras.layers.Add()([inner(images), inner(images)])
    return keras.Model(images, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x)), name="nested")


MODELS = {
    "residual": lambda: small("se"),
    "application": application,
    "nested": nested,
    "sequential": lambda: keras.Sequential([keras.Input((6, 5, 3)), keras.layers.Conv2D(4, 3)], name="sequential"),
}
CASES = [
    ("float32", "residual"),
    pytest.param("float32", "nested", marks=pytest.mark.slow),
    pytest.param("float32", "sequential", marks=pytest.mark.slow),
    ("mixed_bfloat16", "nested"),
    pytest.param("mixed_float16", "nested", marks=pytest.mark.slow),
    pytest.param("float32", "application", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_it_is_the_model_behind_the_normalization(policy, name, kind):
    policy(name)
    model = MODELS[kind]()
    whole = with_normalization(model, MEAN, STD)
    for dtype in ("uint8", "float32"):
        pixels = pixels_for(whole, dtype=dtype)
        expected = normalized(pixels)
        np.testing.assert_array_equal(front_of(whole)(pixels), expected)
        np.testing.assert_array_equal(whole(pixels), model(expected))
        np.testing.assert_array_equal(whole.predict(pixels, verbose=0), model.predict(expected, verbose=0))
    assert whole.name == model.name
    assert [id(weight) for weight in whole.weights] == [id(weight) for weight in model.weights]
    own = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert [id(layer) for layer in whole.layers[3:]] == [id(layer) for layer in own]


def test_one_trains_the_other():
    images = keras.Input((6, 5, 3))
    model = keras.Model(images, keras.layers.Dense(5)(keras.layers.Flatten()(images)))
    whole = with_normalization(model, MEAN, STD)
    pixels = pixels_for(whole)
    before = np.asarray(whole(pixels))
    model.compile("sgd", "mse")
    model.fit(normalized(pixels), np.ones((3, 5)), verbose=0)
    after = np.asarray(whole(pixels))
    assert (before != after).all()
    np.testing.assert_array_equal(after, model(normalized(pixels)))


def test_its_head_and_its_cut_points_are_there():
    model = small("resnet")
    whole = with_normalization(model, MEAN, STD)
    pixels = pixels_for(whole)
    features = keras.Model(whole.inputs[0], find_head(whole).features)
    np.testing.assert_array_equal(
        features(pixels), keras.Model(model.inputs[0], find_head(model).features)(normalized(pixels))
    )
    tapped = TappedModel(whole, (0, 1, "stage2_block1_out"))
    assert tapped.grids == ((12, 8), (12, 8), (6, 4))
    np.testing.assert_array_equal(tapped(pixels.astype("float32")), whole(pixels))


def test_whatever_keras_default_is_channels_are_last():
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        whole = with_normalization(build(input_shape=(5, 7, 3)), MEAN, STD)
        pixels = pixels_for(whole)
        result = np.asarray(front_of(whole)(pixels))
    finally:
        keras.config.set_image_data_format(before)
    np.testing.assert_array_equal(result, normalized(pixels))


def test_images_may_be_of_any_size():
    images = keras.Input((None, None, 3))
    whole = with_normalization(keras.Model(images, keras.layers.Conv2D(4, 3)(images)), MEAN, STD)
    assert whole(np.zeros((2, 9, 4, 3), "uint8")).shape == (2, 7, 2, 4)


LOADER = """
import sys, keras, numpy as np
folder = sys.argv[1]
model = keras.saving.load_model(f"{folder}/model.keras")
np.save(f"{folder}/logits.npy", model(np.load(f"{folder}/pixels.npy")))
assert not [name for name in sys.modules if name.startswith("cutmix")]
"""


def test_a_saved_model_takes_pixels(tmp_path):
    whole = with_normalization(build(input_shape=(8, 12, 3)), MEAN, STD)
    whole.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    pixels = pixels_for(whole)
    np.testing.assert_array_equal(loaded(pixels), whole(pixels))
    assert not isinstance(loaded.input, list)  # so that an exported model is called with one array
    assert has_head(loaded)
    assert all(type(layer) is getattr(keras.layers, type(layer).__name__) for layer in whole.layers)


@pytest.mark.slow
def test_a_saved_model_loads_without_our_package(tmp_path):
    whole = with_normalization(build(input_shape=(8, 12, 3)), MEAN, STD)
    pixels = pixels_for(whole)
    whole.save(tmp_path / "model.keras")
    np.save(tmp_path / "pixels.npy", pixels)
    child = subprocess.run([sys.executable, "-c", LOADER, str(tmp_path)], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "logits.npy"), whole(pixels))


def two_inputs():
    images = [keras.Input((4, 5, 3)), keras.Input((4, 5, 3))]
    return keras.Model(images, keras.layers.Add()(images), name="two")


ONE = keras.Sequential([keras.Input((4, 5, 3)), keras.layers.Conv2D(4, 3)], name="one")
FLAT = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)], name="flat")
REFUSED = {
    "no graph": (
        lambda: with_normalization(keras.Sequential(), MEAN, STD),
        TypeError,
        "in front of a functional model",
    ),
    "two inputs": (lambda: with_normalization(two_inputs(), MEAN, STD), ValueError, "one output; 'two' takes"),
    "no images": (lambda: with_normalization(FLAT, MEAN, STD), ValueError, "'flat' takes"),
    "again": (
        lambda: with_normalization(with_normalization(ONE, MEAN, STD), MEAN, STD),
        ValueError,
        "'one' is normalized already",
    ),
    "one mean": (lambda: with_normalization(ONE, MEAN[:1], STD), ValueError, "mean must have a value for each of 3"),
    "no std": (lambda: with_normalization(ONE, MEAN, (1, 0, 1)), ValueError, "each value of std must be above 0"),
    "text": (lambda: with_normalization(ONE, ("1", 2, 3), STD), TypeError, "each value of mean must be a number"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refusals_say_what_was_needed(call, error, message):
    with pytest.raises(error, match=message):
        call()
