"""Normalization by channel, and its inverse."""

import numpy as np
import pytest
import tensorflow as tf

from cutmix_tf import pipeline

MEAN, STD = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)
IMAGES = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "bfloat16"])
def test_normalized_values(dtype):
    images = tf.cast(IMAGES, dtype)
    normal = pipeline.normalize(images, MEAN, STD)
    assert normal.dtype == tf.float32
    np.testing.assert_allclose(normal, (np.asarray(images, np.float64) - MEAN) / np.array(STD), atol=2e-6)


def test_the_same_bits_compiled():
    compiled = tf.function(lambda images: pipeline.normalize(images, MEAN, STD), jit_compile=True)
    np.testing.assert_array_equal(compiled(tf.constant(IMAGES)), pipeline.normalize(IMAGES, MEAN, STD))


def test_the_inverse_gives_the_pixels():
    values = np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)
    pixels = pipeline.denormalize(pipeline.normalize(values, MEAN, STD), MEAN, STD)
    assert pixels.dtype == tf.float32
    np.testing.assert_allclose(pixels, values, atol=1e-4)
    np.testing.assert_array_equal(np.rint(pixels), values)


def test_batches_in_pixels_are_not_normalized():
    preprocessing = pipeline.Preprocessing((8, 8), MEAN, STD, augment="imagenet")
    still = preprocessing.in_pixels()
    np.testing.assert_array_equal(pipeline.normalize(IMAGES, still.mean, still.std), IMAGES)
    assert (still.image_size, still.augment) == ((8, 8), "imagenet")
