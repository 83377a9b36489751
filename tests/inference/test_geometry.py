"""The geometry inside a classifier is the pipeline's for test images."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cutmix_tf.inference._geometry import center_crops
from cutmix_tf.pipeline._resize import resized_center_crops

TARGETS = [((12, 12), (12, 12)), ((10, 15), (10, 15)), ((14, 14), (16, 16)), ((14, 21), (16, 24))]


def cropping(size, resize_to):
    """A model that does nothing else."""
    images = keras.Input((None, None, 3))
    return keras.Model(images, center_crops(images, size, resize_to))


MODELS = {target: cropping(*target) for target in TARGETS}


def smooth_images(height, width, seed, count=2):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@settings(max_examples=40, deadline=None)
@given(some.sampled_from(TARGETS), some.integers(1, 70), some.integers(1, 70), some.integers(0, 99))
def test_crops_are_the_pipelines_up_to_the_rounding_of_halves(target, height, width, seed):
    images = smooth_images(height, width, seed)
    expected = resized_center_crops(images, *target).numpy().astype(int)
    difference = np.abs(np.asarray(MODELS[target](images)) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.02


@pytest.mark.parametrize("size", [(12, 12), (10, 15)])
def test_images_of_the_right_size_keep_their_bits(size):
    images = smooth_images(*size, seed=1)
    np.testing.assert_array_equal(MODELS[size, size](images), images)
    large = np.concatenate([smooth_images(16, 16, seed) for seed in range(3)])
    np.testing.assert_array_equal(MODELS[(14, 14), (16, 16)](large), large[:, 1:15, 1:15])


def test_large_images_differ_in_few_values():
    """As in the docs: by one step, in less than one of a thousand values."""
    model = cropping((224, 224), (256, 256))
    for height, width in ((375, 500), (480, 360), (1024, 683)):
        images = smooth_images(height, width, seed=height, count=1)
        expected = resized_center_crops(images, (224, 224), (256, 256)).numpy().astype(int)
        difference = np.abs(np.asarray(model(images)) - expected)
        assert difference.max() <= 1
        assert (difference > 0).mean() < 1e-3
