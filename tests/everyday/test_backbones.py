"""Backbones that people bring along, with their own heads."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import processes
from helpers.everyday import CLASSES, batches
from helpers.marks import slow_but

import cutmix_tf as cm


def applications():
    return keras.applications.MobileNetV3Small(
        (32, 32, 3), alpha=0.35, minimalistic=True, include_top=False, weights=None
    )


def keras_cv():
    package = pytest.importorskip("keras_cv")
    return package.models.ResNetBackbone(
        stackwise_filters=[64, 64],  # the first as many as the stem has
        stackwise_blocks=[1, 1],
        stackwise_strides=[1, 2],
        include_rescaling=True,
        input_shape=(32, 32, 3),
        block_type="basic_block",
    )


def keras_hub():
    package = pytest.importorskip("keras_hub")
    return package.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 64],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
        image_shape=(32, 32, 3),
    )


def with_head(backbone):
    pooled = keras.layers.GlobalAveragePooling2D()(backbone(inputs := keras.Input((32, 32, 3))))
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(pooled))


@pytest.mark.parametrize(
    "make", slow_but([keras_cv], [applications, keras_cv, keras_hub]), ids=lambda make: make.__name__
)
def test_a_backbone_trains_on_mixed_images(make):
    model = with_head(make())
    model.compile("adam", cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()], run_eagerly=True)  # compiles for long
    before = [weight.numpy() for weight in model.trainable_variables]
    train = batches(8, batch_size=8).map(lambda images, labels: (tf.image.resize(images, (32, 32)), labels))
    history = model.fit(train.map(cm.CutMix()), shuffle=False, verbose=0).history
    assert 0 <= history["accuracy"][0] <= 1
    changed = [(weight.numpy() != old).any() for weight, old in zip(model.trainable_variables, before, strict=True)]
    assert sum(changed) > len(changed) / 2


@pytest.mark.slow
def test_mirrored_strategy_in_a_script_of_one_s_own():
    one, two = ([float(word) for word in line.split()] for line in processes.run("train_mirrored").splitlines())
    np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
