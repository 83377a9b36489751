"""The layers that models are made of, against NumPy: padding, pooling, heads, batch statistics."""

import math
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers.small_models import build, convolved, images_for, layers_of, output_of, small, some, windows

from cutmix_tf.models._layers import batch_norm, pad_channels

PROGRAM = Path(__file__).parents[1] / "programs" / "train_on_replicas.py"


@pytest.mark.parametrize("input_shape", [(6, 7, 3), (5, 8, 3)])
@pytest.mark.parametrize("layer", ["stem_conv", "stage2_block1_conv1", "stage2_block1_shortcut_conv"])
def test_convolutions_pad_alike_on_all_sides(layer, input_shape):
    model = build(input_shape=input_shape)
    before = model.input if layer == "stem_conv" else output_of(model, "stage1_block3_out")
    x = some(2, *before.shape[1:])
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


def test_missing_channels_are_zeros_at_the_end():
    x = some(2, 3, 4, 5)
    maps = keras.Input((3, 4, 5))
    padded = keras.Model(maps, pad_channels(maps, 8, name="pad"))(x)
    np.testing.assert_array_equal(padded, np.concatenate([x, np.zeros((2, 3, 4, 3))], axis=-1))


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


# --- the head --------------------------------------------------------------------------------------------


def test_the_head_is_linear_in_the_average_of_the_last_map():
    model = build()
    last_map = np.random.default_rng(0).uniform(size=(2, 4, 4, 64)).astype("float32")
    kernel, bias = model.get_layer("logits").get_weights()
    head = keras.Model(output_of(model, "stage3_block3_out"), model.output)
    np.testing.assert_allclose(head(last_map), last_map.mean(axis=(1, 2)) @ kernel + bias, atol=1e-5)


def test_the_last_map_is_averaged_in_float32(policy):
    policy("mixed_bfloat16")
    model = build()
    last_map = keras.ops.cast(np.random.default_rng(0).uniform(size=(2, 4, 4, 64)), "bfloat16")
    head = keras.Model(output_of(model, "stage3_block3_out"), output_of(model, "pool"))
    expected = np.asarray(keras.ops.cast(last_map, "float32")).mean(axis=(1, 2))
    np.testing.assert_allclose(head(last_map), expected, rtol=1e-6)


# --- batch statistics ------------------------------------------------------------------------------------


def test_moving_statistics_take_a_tenth_of_each_batch():
    model = build()
    x = 3 * images_for(model, batch=8) + 1
    maps = convolved(x, np.asarray(model.get_layer("stem_conv").kernel), 1)
    model(x, training=True)
    norm = model.get_layer("stem_bn")
    np.testing.assert_allclose(norm.moving_mean, 0.1 * maps.mean(axis=(0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, 0.9 + 0.1 * maps.var(axis=(0, 1, 2)), rtol=1e-3)


@pytest.mark.slow
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="tf.distribute needs TensorFlow")
def test_synchronized_statistics_do_not_depend_on_the_number_of_replicas():
    # A process of its own, as the strategies of a process share the keys of their collective operations.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([sys.executable, PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *synchronized, apart_loss, apart_weights = map(float, done.stdout.split()[-4:])
    assert max(synchronized) < 1e-5
    assert min(apart_loss, apart_weights) > 1e-3


@pytest.mark.parametrize(
    ("backend", "sync", "expected"),
    [("tensorflow", True, True), ("tensorflow", False, False), ("jax", True, False), ("jax", False, False)],
)
def test_synchronization_is_asked_for_only_where_keras_has_it(monkeypatch, backend, sync, expected):
    monkeypatch.setattr(keras.config, "backend", lambda: backend)
    assert batch_norm(sync)().synchronized is expected


def test_whether_statistics_are_synchronized_reaches_every_norm():
    norms = layers_of(small("ge", sync_batch_norm=False), keras.layers.BatchNormalization)
    assert norms
    assert not any(norm.synchronized for norm in norms)
    assert batch_norm(False)().momentum == norms[0].momentum == 0.9
