"""Attention maps move with their images through crops, flips and resizing; live ones follow the augmented batch."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import rows, slow_but
from helpers.small_teachers import brightness
from helpers.tiny_sets import EncodedSplit

from cutmix_tf import datasets, mixing, pipeline
from cutmix_tf.attention import Teacher
from cutmix_tf.pipeline._resize import random_resized_crops


def bright_split(count=40, size=14, cells=7):
    """Images of one brightness per cell, with 255 in one cell of each, and their exact maps."""
    draw = np.random.default_rng(1)
    maps = draw.integers(0, 255, (count, cells, cells)).astype(np.uint8)
    maps[:, 0, 0] = 255  # so that scaling to bytes changes nothing
    images = maps.repeat(size // cells, 1).repeat(size // cells, 2)[..., None].repeat(3, 3)
    return datasets.ArraySplit(images, np.arange(count, dtype=np.int32), attention=maps)


def as_png(split):
    """The same split, read from encoded images."""
    return EncodedSplit(split, attention=split.attention)


class Spy:
    """Takes a mixer's place, and returns what it is given."""

    def __call__(self, images, labels, *, attention, seed):
        return images, (labels, attention)


def batches_of(split, augment, size, **options):
    still = pipeline.Preprocessing((size, size), (0, 0, 0), (1, 1, 1), augment=augment, padding=3)
    return pipeline.train_batches(split, still, batch_size=8, seed=3, **{"mix": Spy(), **options}).take(10)


@pytest.mark.parametrize("make", rows({"array": lambda split: split, "stream": as_png}, ["stream"]))
@pytest.mark.parametrize("augment", slow_but(["crop_flip"], ["none", "flip", "crop_flip"]))
def test_maps_follow_crops_and_flips_exactly(make, augment):
    """For a teacher that sees brightness, the moved map is the map of the moved image, cell for cell."""
    teacher = Teacher(brightness())
    moved = 0
    for images, (labels, maps) in batches_of(make(bright_split()), augment, 14):
        live = teacher.maps(images)
        np.testing.assert_allclose(maps, live, rtol=1e-5, atol=1e-3)
        chosen = (mixing.top_cells(tf.round(each * 4), tf.fill([8], 6)) for each in (live, maps))
        np.testing.assert_array_equal(*chosen)
        moved += (maps.numpy() != bright_split().attention[labels]).any(axis=(1, 2)).sum()
    assert (moved > 0) == (augment != "none")


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda split: split, as_png], ids=["array", "stream"])
def test_maps_follow_resized_crops(make):
    """Resizing blends over the seams of cells in images and maps alike."""
    teacher = Teacher(brightness(28))
    for images, (_, maps) in batches_of(make(bright_split(size=56)), "flip", 28):
        np.testing.assert_allclose(maps, teacher.maps(images), atol=0.6)
    for images, (_, maps) in batches_of(make(bright_split(size=56)), "imagenet", 28, attend=None):
        assert images.shape == (8, 28, 28, 3)
        assert maps.shape == (8, 7, 7)


@pytest.mark.slow
def test_maps_follow_random_resized_crops():
    split = bright_split(size=56)
    crops = random_resized_crops(split.images, (28, 28), (1, 2), split.attention).numpy()
    np.testing.assert_array_equal(crops[..., 3], crops[..., 0])
    encoded = [tf.io.encode_jpeg(image, quality=100).numpy() for image in split.images]
    crops = random_resized_crops(encoded, (28, 28), (1, 2), split.attention).numpy().astype(int)
    np.testing.assert_allclose(crops[..., 3], crops[..., 1], atol=4)


@pytest.mark.slow
def test_live_maps_are_of_the_augmented_batch():
    teacher, split = Teacher(brightness()), bright_split()
    bare = datasets.ArraySplit(split.images, split.labels)
    for images, (_, maps) in batches_of(bare, "crop_flip", 14, attend=teacher.attend):
        np.testing.assert_array_equal(maps, teacher.maps(images))


def test_maps_without_a_mixer_are_refused():
    with pytest.raises(ValueError, match="Attention maps are for mixing"):
        batches_of(bright_split(), "none", 14, mix=None)
