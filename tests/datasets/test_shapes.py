"""The generated set: the same bits everywhere, true boxes and masks, and nothing but shape that tells the class."""

import hashlib
import math

import numpy as np
import pytest

from cutmix_tf.datasets import _outlines, _shapes
from cutmix_tf.datasets._shapes import CLASS_NAMES, make_shapes


@pytest.fixture(scope="module")
def train():
    return make_shapes(1000, seed=1)


@pytest.fixture(scope="module")
def held_out():
    return make_shapes(503, seed=2)


# --- the arrays ------------------------------------------------------------------------------------------


def test_the_bits_are_those_of_every_machine_and_release():
    digest = hashlib.sha256()
    for array in make_shapes(40, seed=7):
        digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    assert digest.hexdigest() == "5ad38f26674efe0a4b819919ceef2ac2cad7d58a3c497d140a041230c0cf07db"


@pytest.mark.parametrize("count", [1, 9, 10, 27, 503])
def test_classes_are_balanced_up_to_one(count):
    shapes = make_shapes(count, seed=3)
    assert [(array.dtype, array.shape) for array in shapes] == [
        (np.uint8, (count, 32, 32, 3)),
        (np.int32, (count,)),
        (np.int32, (count, 4)),
        (np.bool_, (count, 32, 32)),
    ]
    sizes = np.bincount(shapes.labels, minlength=10)
    assert len(sizes) == len(set(CLASS_NAMES)) == 10
    assert sizes.max() - sizes.min() <= 1


def test_the_order_is_drawn(train, held_out):
    for labels in (train.labels, held_out.labels):
        assert 0.05 < np.mean(labels[1:] == labels[:-1]) < 0.15  # neighbors agree as if by chance
    assert np.mean(train.labels[:503] == held_out.labels) < 0.2


def test_no_image_comes_twice(train, held_out):
    images = [image.tobytes() for image in [*train.images, *held_out.images]]
    assert len(set(images)) == 1503


# --- boxes and masks -------------------------------------------------------------------------------------


def test_boxes_are_tight_around_the_masks(train):
    for mask, box in zip(train.masks, train.boxes, strict=True):
        rows, columns = np.nonzero(mask)
        np.testing.assert_array_equal(box, [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])


def test_objects_are_neither_specks_nor_the_whole_image(train):
    shares = train.masks.mean(axis=(1, 2))
    assert 0.02 < shares.min() < 0.08
    assert 0.15 < shares.mean() < 0.25
    assert 0.4 < shares.max() < 0.6
    for size in (train.boxes[:, 2] - train.boxes[:, 0], train.boxes[:, 3] - train.boxes[:, 1]):
        assert np.percentile(size, 5) < 15 < 24 < np.percentile(size, 95)


def test_objects_are_anywhere(train):
    for near, far in ((0, 2), (1, 3)):
        centers = train.boxes[:, [near, far]].mean(axis=1)
        assert np.percentile(centers, 5) < 11
        assert np.percentile(centers, 95) > 21


def test_objects_stand_out_from_what_is_around_them(train):
    images = train.images.astype(float)
    grown = np.pad(train.masks, ((0, 0), (3, 3), (3, 3)))
    grown = np.lib.stride_tricks.sliding_window_view(grown, (7, 7), axis=(1, 2)).any(axis=(3, 4))
    inside, around = (color_means(images, masks) for masks in (train.masks, grown & ~train.masks))
    contrast = np.linalg.norm(inside - around, axis=1)
    assert np.percentile(contrast, 1) > 60


# --- what tells the class --------------------------------------------------------------------------------


def color_means(images, masks):
    """Mean red, green and blue of the masked pixels of each image."""
    return (images * masks[..., None]).sum(axis=(1, 2)) / masks.sum(axis=(1, 2))[:, None]


def centroid_accuracy(train_features, train_labels, test_features, test_labels):
    """How often the nearest class mean, over standardized features, is right."""
    mean, std = train_features.mean(axis=0), train_features.std(axis=0) + 1e-6
    centroids = np.stack([train_features[train_labels == label].mean(axis=0) for label in range(10)])
    offsets = (test_features[:, None] - mean) / std - (centroids - mean) / std
    return np.mean(np.square(offsets).sum(axis=2).argmin(axis=1) == test_labels)


def framed(shapes):
    """The masks inside their boxes, sampled on 12 by 12 points."""
    steps = (np.arange(12) + 0.5) / 12
    places = shapes.boxes[:, :2, None] + (shapes.boxes[:, 2:] - shapes.boxes[:, :2])[..., None] * steps
    rows, columns = places.astype(int).transpose(1, 0, 2)
    masks = shapes.masks[np.arange(len(rows))[:, None, None], rows[:, :, None], columns[:, None, :]]
    return masks.reshape(len(masks), -1).astype(float)


@pytest.mark.parametrize("where", ["image", "object", "backdrop"])
def test_color_does_not_tell_the_class(train, held_out, where):
    def colors(shapes):
        masks = {"image": np.ones_like(shapes.masks), "object": shapes.masks, "backdrop": ~shapes.masks}[where]
        means = color_means(shapes.images.astype(float), masks)
        rest = shapes.images - means[:, None, None]
        return np.concatenate([means, np.sqrt(color_means(rest * rest, masks))], axis=1)

    assert centroid_accuracy(colors(train), train.labels, colors(held_out), held_out.labels) < 0.17


def test_place_does_not_tell_the_class(train, held_out):
    centers = [shapes.boxes.reshape(-1, 2, 2).mean(axis=1) for shapes in (train, held_out)]
    assert centroid_accuracy(centers[0], train.labels, centers[1], held_out.labels) < 0.17


def test_shape_tells_the_class(train, held_out):
    assert centroid_accuracy(framed(train), train.labels, framed(held_out), held_out.labels) > 0.75


# --- the arithmetic --------------------------------------------------------------------------------------


def test_cosine_and_sine():
    turns = np.linspace(-3, 3, 1001, dtype=np.float32)
    cos, sin = _shapes._cos_sin(turns)
    np.testing.assert_allclose(cos, np.cos(2 * np.pi * turns.astype(float)), atol=2e-5)
    np.testing.assert_allclose(sin, np.sin(2 * np.pi * turns.astype(float)), atol=2e-5)


@pytest.mark.parametrize(
    ("lightness", "chroma", "degrees", "rgb"),
    [  # the corners of the sRGB cube in OKLCh, as CSS Color 4 gives them
        (1.0, 0.0, 0.0, (1, 1, 1)),
        (0.0, 0.0, 0.0, (0, 0, 0)),
        (0.62796, 0.25768, 29.234, (1, 0, 0)),
        (0.86644, 0.29483, 142.495, (0, 1, 0)),
        (0.45201, 0.31321, 264.052, (0, 0, 1)),
        (0.59987, 0.0, 0.0, (0.5, 0.5, 0.5)),
    ],
)
def test_colors(lightness, chroma, degrees, rgb):
    hue = np.full((1, 1, 1), degrees / 360, np.float32)
    np.testing.assert_allclose(_shapes._color(lightness, chroma, hue).ravel(), rgb, atol=0.025)


@pytest.mark.slow
def test_distance_to_a_polygon():
    corners = [(-3.0, 0.0), (0.0, 1.0), (3.0, 4.0), (3.0, -4.0), (0.5, -1.0)]  # not convex
    y, x = np.random.default_rng(0).uniform(-6, 6, (2, 1, 20, 20)).astype(np.float32)
    starts = np.array(corners)
    edges = np.roll(starts, -1, axis=0) - starts
    boundary = (starts[:, None] + edges[:, None] * np.linspace(0, 1, 4001)[:, None]).reshape(-1, 2)
    offsets = boundary - np.stack([y, x], axis=-1).reshape(-1, 1, 2)
    angles = np.unwrap(np.arctan2(*offsets.transpose(2, 0, 1)), axis=1)
    inside = np.abs(angles[:, -1] - angles[:, 0]) > math.pi  # the boundary winds once around the point
    expected = np.where(inside, -1, 1) * np.linalg.norm(offsets, axis=2).min(axis=1)
    np.testing.assert_allclose(_outlines.polygon(y, x, corners).ravel(), expected, atol=1e-3)


# --- arguments -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "seed", "error", "message"),
    [
        (0, 1, ValueError, "count must be at least 1; got 0"),
        (-5, 1, ValueError, "count must be at least 1"),
        (10.0, 1, TypeError, "count must be a whole number; got 10.0"),
        (True, 1, TypeError, "count must be a whole number"),
        (10, -1, ValueError, "seed must be at least 0; got -1"),
        (10, 0.5, TypeError, "seed must be a whole number"),
        (10, None, TypeError, "seed must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(count, seed, error, message):
    with pytest.raises(error, match=message):
        make_shapes(count, seed=seed)


def test_numpy_integers_are_whole_numbers():
    plain, numpy = make_shapes(3, seed=5), make_shapes(np.int64(3), seed=np.int32(5))
    for mine, theirs in zip(plain, numpy, strict=True):
        np.testing.assert_array_equal(mine, theirs)
