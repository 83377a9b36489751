"""The layer form: alone, in pipelines of layers, saved, and on another backend."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import laws

import cutmix_tf as cm

IMAGES, IDS = laws.painted_batch(count=8, dtype="uint8")
ONE_HOT = tf.one_hot(IDS, 8)
EXPECTED = cm.CutMix()(IMAGES, ONE_HOT, seed=(5, 0))


def layer(**options):
    return cm.MixingLayer(cm.CutMix(seed=5, **options))


def assert_same(mixed, expected=EXPECTED):
    for part, wanted in zip(mixed, expected, strict=True):
        assert part.dtype == wanted.dtype
        np.testing.assert_array_equal(part, wanted)


def test_it_mixes_like_its_mixer():
    assert_same(layer()(IMAGES, ONE_HOT))
    assert_same(layer()({"images": IMAGES, "labels": ONE_HOT}).values())
    assert_same(layer()(IMAGES, ONE_HOT, tf.ones(8)), cm.CutMix()(IMAGES, ONE_HOT, tf.ones(8), seed=(5, 0)))
    assert_same(next(iter(tf.data.Dataset.from_tensors((IMAGES, ONE_HOT)).map(layer()))))


def test_it_mixes_in_training_only():
    assert_same(layer()(IMAGES, ONE_HOT, training=True))
    assert_same(layer()(IMAGES, ONE_HOT, training=None))
    assert_same(layer()(IMAGES, IDS, training=False), (IMAGES, IDS))
    assert_same(layer(num_classes=8)(IMAGES, IDS, training=False), (IMAGES, ONE_HOT))


@pytest.mark.parametrize("kind", [keras.layers.Pipeline, keras.Sequential])
def test_it_works_behind_kerass_own_layers(kind):
    augment = kind([keras.layers.RandomFlip("horizontal"), layer()])  # which changes nothing in images of one color
    element = {"images": IMAGES, "labels": ONE_HOT}
    mixed = next(iter(tf.data.Dataset.from_tensors(element).map(augment)))
    assert_same(mixed.values(), (tf.cast(EXPECTED[0], tf.float32), EXPECTED[1]))


def test_a_pipeline_comes_back_from_its_config():
    augment = keras.layers.Pipeline([layer(num_classes=8)])
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(augment)))
    again = keras.saving.deserialize_keras_object(config)
    assert again.layers[0].mixer == cm.CutMix(seed=5, num_classes=8)
    element = {"images": IMAGES, "labels": IDS}
    assert_same(again(element).values())
    assert_same(again(element, training=False).values(), (IMAGES, ONE_HOT))


def test_anything_but_a_mixer_of_images_is_refused():
    for wrong in (cm.FeatureCutMix(), "CutMix", cm.CutMix):
        with pytest.raises(TypeError, match="needs a mixer of images"):
            cm.MixingLayer(wrong)


ON_JAX = """
import keras, tensorflow as tf, cutmix_tf as cm
augment = keras.layers.Pipeline([keras.layers.RandomFlip(), cm.MixingLayer(cm.CutMix(num_classes=4))])
element = {"images": tf.zeros([4, 8, 8, 3]), "labels": tf.one_hot(tf.range(4), 4)}
mixed = next(iter(tf.data.Dataset.from_tensors(element).map(augment)))
print(keras.backend.backend(), *mixed["labels"].shape)
"""


@pytest.mark.slow
def test_it_works_in_tf_data_on_the_jax_backend():
    pytest.importorskip("jax")
    run = subprocess.run(
        [sys.executable, "-c", ON_JAX],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert run.stdout.split() == ["jax", "4", "4"]
