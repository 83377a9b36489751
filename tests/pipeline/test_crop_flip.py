"""Shifted crops and flips of batches against loops in NumPy, and the distributions they are drawn from."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from cutmix_tf.pipeline._crop_flip import Geometry, apply_geometry, sample_crop_flip

RANDOM = np.random.default_rng(0)


def loop_crop_flip(images, offsets, flips):
    """Pixel by pixel, from the definition."""
    moved = np.zeros_like(images)
    batch, height, width = images.shape[:3]
    for b, y, x in itertools.product(range(batch), range(height), range(width)):
        from_y = y + offsets[b, 0]
        from_x = (width - 1 - x if flips[b] else x) + offsets[b, 1]
        if 0 <= from_y < height and 0 <= from_x < width:
            moved[b, y, x] = images[b, from_y, from_x]
    return moved


GEOMETRY = Geometry(
    np.array([[0, 0], [2, -3], [-4, 4], [9, 0], [-1, 1]], np.int32), np.array([False, True, False, True, True])
)


@pytest.mark.parametrize("shape", [(5, 6, 8, 3), (5, 8, 5, 1), (5, 7, 7)], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "bool", "float32", "int64", "bfloat16"])
def test_images_move_as_pixel_by_pixel(shape, dtype):
    images = tf.cast(RANDOM.integers(0, 2 if dtype == "bool" else 256, shape), dtype)
    moved = apply_geometry(images, GEOMETRY)
    assert moved.dtype == images.dtype
    assert moved.shape == images.shape
    np.testing.assert_array_equal(moved, loop_crop_flip(images.numpy(), *GEOMETRY))


def test_maps_move_with_their_images():
    images = tf.constant(RANDOM.integers(0, 256, (64, 16, 12, 3), dtype=np.uint8))
    geometry = sample_crop_flip(64, 4, (3, 4))
    maps = images[..., 1] > 99
    np.testing.assert_array_equal(apply_geometry(maps, geometry), apply_geometry(images, geometry)[..., 1] > 99)


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_crops_and_flips_are_equally_likely(padding):
    offsets, flips = sample_crop_flip(40_000, padding, (5, 6))
    for column in np.transpose(offsets):
        places, counts = np.unique(column, return_counts=True)
        np.testing.assert_array_equal(places, np.arange(-padding, padding + 1))
        np.testing.assert_allclose(counts / 40_000, 1 / (2 * padding + 1), atol=0.01)
    assert abs(np.mean(flips) - 0.5) < 0.01
    if padding:
        assert abs(np.corrcoef(np.transpose(offsets))[0, 1]) < 0.02
        assert abs(np.corrcoef(offsets[:, 0], flips)[0, 1]) < 0.02


def crop_flip(images, seed):
    return apply_geometry(images, sample_crop_flip(tf.shape(images)[0], 4, seed))


@pytest.mark.slow
def test_eager_graph_and_compiled_give_the_same_bits():
    images = tf.constant(RANDOM.integers(0, 256, (37, 16, 24, 3), dtype=np.uint8))
    unknown = [tf.TensorSpec([None, None, None, 3], tf.uint8), tf.TensorSpec([2], tf.int32)]
    expected = crop_flip(images, (7, 8))
    for variant in (
        tf.function(crop_flip),
        tf.function(crop_flip, jit_compile=True),
        tf.function(crop_flip, jit_compile=True, input_signature=unknown),
    ):
        np.testing.assert_array_equal(variant(images, tf.constant([7, 8])), expected)
    assert np.any(crop_flip(images, (7, 9)) != expected)
