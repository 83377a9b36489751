"""Random Erasing: area, shape and place of the rectangle, and what fills it."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import slow_but
from scipy import stats

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas


def boxes(mixer, count, height, width):
    """Top, left, bottom and right of `count` planned rectangles."""
    return mixer.plan(Canvas(*map(tf.constant, (count, height, width))), (1, 2)).box.numpy().T


def filled(mixer, dtype="int32", count=1000, channels=3):
    """The values that were written into images that show the number 1000, one array for each image."""
    images = tf.cast(tf.fill([count, 12, 16, channels], 1000), dtype)
    mixed, labels = mixer(images, tf.range(count), seed=(1, 2))
    np.testing.assert_array_equal(labels, tf.range(count))
    return [image[(image != 1000).any(axis=2)] for image in mixed.numpy()]


# ---- rectangles ----


@pytest.mark.parametrize("size", [(64, 64), (48, 96), (33, 57)])
def test_area_and_aspect_are_as_asked_and_rectangles_lie_inside(size):
    top, left, bottom, right = boxes(cm.RandomErasing(prob=1.0), 4000, *size)
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (bottom <= size[0]).all()
    assert (right <= size[1]).all()
    share = (bottom - top) * (right - left) / np.prod(size)
    aspect = (bottom - top) / (right - left)
    assert share.min() > 0.015
    assert share.max() < 0.42
    assert aspect.min() > 0.2
    assert aspect.max() < 5


def test_area_is_uniform_and_so_is_aspect():
    """On a large image with small areas, where every pair fits."""
    top, left, bottom, right = boxes(cm.RandomErasing(area=(0.02, 0.08), prob=1.0), 1000, 200, 200)
    share, aspect = (bottom - top) * (right - left) / 200**2, (bottom - top) / (right - left)
    assert stats.kstest(share, stats.uniform(0.02, 0.06).cdf).pvalue > 1e-3
    assert stats.kstest(aspect, stats.uniform(0.3, 1 / 0.3 - 0.3).cdf).pvalue > 1e-3


def test_places_are_uniform_and_reach_all_corners():
    top, left, bottom, right = boxes(cm.RandomErasing(prob=1.0), 4000, 24, 16)
    assert ((top == 0) & (left == 0)).any()
    assert ((bottom == 24) & (right == 16)).any()
    free = 24 - (bottom - top)
    place = (top + np.random.default_rng(0).random(4000)) / (free + 1)
    assert stats.kstest(place, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("area", [(0.02, 0.4), (0.9, 1.0), (1.0, 1.0)])
@pytest.mark.parametrize("size", [(8, 8), (5, 30), (2, 2)])
def test_no_rectangle_is_as_high_or_as_wide_as_the_image(area, size):
    """Algorithm 1 asks for less; a rectangle that can't fit is cut to a pixel less."""
    top, left, bottom, right = boxes(cm.RandomErasing(area=area, aspect=(0.01, 100.0), prob=1.0), 2000, *size)
    for sides, limit in ((bottom - top, size[0]), (right - left, size[1])):
        assert sides.min() >= 1
        assert sides.max() == limit - 1


def official_sides(height, width, area, aspect, draw):
    """Algorithm 1: pairs are drawn until one is less high and less wide than the image."""
    while True:
        target, ratio = draw.uniform(*area) * height * width, draw.uniform(*aspect)
        sides = round(np.sqrt(target * ratio)), round(np.sqrt(target / ratio))
        if sides[0] < height and sides[1] < width:
            return sides


def test_pairs_that_do_not_fit_are_drawn_again():
    area, aspect, size = (0.3, 0.6), (0.5, 2.0), (12, 14)
    top, left, bottom, right = boxes(cm.RandomErasing(area=area, aspect=aspect, prob=1.0), 4000, *size)
    draw = np.random.default_rng(0)
    official = np.array([official_sides(*size, area, aspect, draw) for _ in range(4000)])
    for ours, theirs in zip((bottom - top, right - left), official.T, strict=True):
        shares = [np.bincount(sides, minlength=15) / 4000 for sides in (ours, theirs)]
        np.testing.assert_allclose(*shares, atol=0.035)  # 4 standard deviations


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 1)])
def test_an_image_of_one_row_or_column_stays_as_it_is(size):
    images = tf.ones([20, *size, 3], tf.uint8)
    np.testing.assert_array_equal(cm.RandomErasing(prob=1.0)(images, seed=(1, 2)), images)


def test_prob_is_applied_once():
    top, _, bottom, _ = boxes(cm.RandomErasing(), 4000, 32, 32)
    assert abs((bottom > top).mean() - 0.5) < 0.04


# ---- fillings ----


def test_color_is_one_random_color_in_each_image():
    colors = filled(cm.RandomErasing(prob=1.0, fill="color"))
    assert all((pixels == pixels[0]).all() for pixels in colors)
    first = np.array([pixels[0] for pixels in colors])
    assert len(np.unique(first, axis=0)) > 900
    assert stats.kstest(first.ravel() + np.random.default_rng(0).random(3000), stats.uniform(0, 256).cdf).pvalue > 1e-3


def test_noise_is_a_random_value_for_each_pixel_and_channel():
    noise = filled(cm.RandomErasing(prob=1.0, fill="noise"))
    values = np.concatenate(noise).ravel()
    assert stats.chisquare(np.bincount(values, minlength=256)).pvalue > 1e-3
    assert len({pixels.tobytes() for pixels in noise}) == 1000


def test_a_constant_for_each_channel():
    values = np.concatenate(filled(cm.RandomErasing(prob=1.0, fill=(1, 2, 3))))
    np.testing.assert_array_equal(np.unique(values, axis=0), [[1, 2, 3]])


@pytest.mark.parametrize("fill", ["color", "noise"])
@pytest.mark.parametrize("value_range", slow_but([(-2.0, 2.0)], [(0, 255), (0.0, 1.0), (-2.0, 2.0)]))
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_random_values_of_floats_cover_their_range(fill, value_range, dtype):
    low, high = value_range
    values = np.concatenate(filled(cm.RandomErasing(prob=1.0, fill=fill, value_range=value_range), dtype))
    assert (values.min(), values.max()) == value_range
    levels = (values.astype(float) - low) / (high - low) * 255
    np.testing.assert_allclose(levels, levels.round(), atol=0.3 if dtype == "float16" else 1e-4)


def test_the_range_of_pixels_gives_floats_the_values_of_integers():
    for fill in ("color", "noise"):
        integers = filled(cm.RandomErasing(fill=fill), count=20)
        floats = filled(cm.RandomErasing(fill=fill, value_range=(0, 255)), "float32", count=20)
        for integer, floating in zip(integers, floats, strict=True):
            np.testing.assert_array_equal(integer, floating)


# ---- refusals ----


@pytest.mark.parametrize("fill", ["color", "noise"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_random_values_need_the_range_of_floats(fill, dtype):
    images = tf.zeros([2, 4, 4, 3], dtype)
    for mixer in (cm.RandomErasing(fill=fill), cm.OneOf([cm.CutMix(), cm.RandomErasing(fill=fill)])):
        with pytest.raises(ValueError, match="value_range=\\(0, 255\\) or \\(0, 1\\)"):
            mixer(images, tf.range(2))


def test_random_values_need_a_dtype_that_holds_them():
    with pytest.raises(ValueError, match="To fill int8 images"):
        cm.RandomErasing()(tf.zeros([2, 4, 4, 3], tf.int8))
    with pytest.raises(ValueError, match="To fill float16 images"):
        cm.RandomErasing(value_range=(0, 1e6))(tf.zeros([2, 4, 4, 3], tf.float16))
    with pytest.raises(ValueError, match="from 0 to 255; got value_range=\\(0, 1\\)"):
        cm.RandomErasing(value_range=(0, 1))(tf.zeros([2, 4, 4, 3], tf.uint8))


def test_colors_need_rgb_images():
    with pytest.raises(ValueError, match="3 values, one for each channel; got images with 1 channels"):
        cm.RandomErasing(fill="color")(tf.zeros([2, 4, 4, 1], tf.uint8))


BAD = {
    "area backwards": ({"area": (0.4, 0.02)}, ValueError, "its smallest and its largest"),
    "area 0": ({"area": (0.0, 0.4)}, ValueError, "area must be above 0"),
    "area above 1": ({"area": (0.5, 1.5)}, ValueError, "at most 1"),
    "one aspect": ({"aspect": (0.3,)}, ValueError, "its smallest and its largest"),
    "aspect infinite": ({"aspect": (0.3, float("inf"))}, ValueError, "aspect must be above 0"),
    "fill misspelled": ({"fill": "noize"}, ValueError, "Did you mean 'noise'"),
    "range backwards": ({"value_range": (1, 0)}, ValueError, "its smallest and its largest"),
    "range a number": ({"value_range": 255}, TypeError, "value_range must be a list or a tuple"),
    "range of a constant": ({"fill": 7, "value_range": (0, 1)}, ValueError, "value_range is for"),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        cm.RandomErasing(**settings)
