"""Images that are cropped and resized one by one, and the distribution of random crops."""

import io

import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import slow_but
from PIL import Image

from cutmix_tf import datasets
from cutmix_tf.pipeline._resize import random_resized_crops, resized_center_crops, sample_crop_box, squeezed_images

RANDOM = np.random.default_rng(0)


def encode(image, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def smooth_image(height, width):
    noise = Image.fromarray(RANDOM.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC))


def coordinates(height, width):
    """An image whose red is the row and whose green is the column."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, 0 * rows], axis=-1).astype(np.uint8)


def rejection_sampled_sides(sides, count, random):
    """Heights and widths by the usual definition: up to ten tries, then the largest central crop."""
    height, width = sides
    for _ in range(count):
        for _ in range(10):
            area = random.uniform(0.08, 1) * height * width
            ratio = np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
            w, h = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                yield h, w
                break
        else:
            yield min(height, round(width / (3 / 4))), min(width, round(height * 4 / 3))


@pytest.mark.parametrize("size", [(7, 9), (30, 11), (64, 80), (20, 33)], ids=str)
def test_resizing_gives_the_bits_of_tensorflow(size):
    images = RANDOM.integers(0, 256, (2, 20, 33, 3), dtype=np.uint8)
    expected = tf.round(tf.image.resize(images, size, antialias=True))
    np.testing.assert_array_equal(squeezed_images(images, size), expected)


@pytest.mark.parametrize("sides", slow_but([(450, 200)], [(300, 400), (450, 200)]), ids=str)
def test_random_crops_have_the_usual_areas_and_shapes(sides):
    count = 4000
    seeds = tf.stack([tf.range(count), tf.zeros([count], tf.int32)], axis=1)
    boxes = tf.vectorized_map(lambda seed: sample_crop_box(tf.constant(sides), seed), seeds).numpy()
    top, left, height, width = boxes.T
    assert boxes.min() >= 0
    assert np.all(top + height <= sides[0])
    assert np.all(left + width <= sides[1])
    expected = np.array(list(rejection_sampled_sides(sides, count, np.random.default_rng(1)))).T
    for ours, usual in ((height * width, expected[0] * expected[1]), (width / height, expected[1] / expected[0])):
        both = np.sort(np.concatenate([ours, usual]))
        shares = [np.searchsorted(np.sort(x), both, side="right") / count for x in (ours, usual)]
        assert np.max(np.abs(shares[0] - shares[1])) < 0.04  # Kolmogorov and Smirnov: 1 in 400 by chance
    for start, size, side in ((top, height, sides[0]), (left, width, sides[1])):
        free = side - size
        places = (start + 0.5)[free > 20] / (free + 1)[free > 20]
        np.testing.assert_allclose(np.quantile(places, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.04)


@pytest.mark.parametrize(("sides", "box"), [((10, 1000), (0, 493, 10, 13)), ((999, 9), (493, 0, 12, 9))])
def test_images_too_long_for_any_crop_give_their_center(sides, box):
    for seed in range(5):
        np.testing.assert_array_equal(sample_crop_box(tf.constant(sides), (seed, 0)), box)


def test_a_resized_crop_shows_the_part_that_was_drawn():
    image = coordinates(120, 200)
    crops = random_resized_crops(tf.constant([encode(image, "PNG")] * 20), (40, 60), (1, 2))
    assert crops.shape == (20, 40, 60, 3)
    assert crops.dtype == tf.uint8
    seen = set()
    for crop in crops.numpy().astype(int):
        rows, columns = crop[:, 30, 0], crop[20, :, 1]
        assert np.all(np.diff(rows) >= 0)
        assert np.all(np.diff(columns) >= 0)
        assert np.ptp(crop[..., 0], axis=1).max() <= 1  # rows stay rows
        seen.add((rows[0], columns[0], rows[-1], columns[-1]))
    assert len(seen) > 15


@pytest.mark.parametrize("gray", [False, True])
def test_jpeg_png_and_decoded_images_are_cropped_alike(gray):
    smooth = smooth_image(81, 97)
    # With subsampled colors a JPEG decoder sees no neighbors beyond the crop, and its edge differs a little.
    jpeg = encode(smooth[..., 0] if gray else smooth, "JPEG", subsampling=0)
    image = datasets.decode(jpeg)
    png = encode(image.numpy()[..., 0] if gray else image.numpy(), "PNG")
    crops = [random_resized_crops(tf.stack([source] * 8), (32, 24), (5, 6)) for source in (jpeg, png, image)]
    np.testing.assert_array_equal(crops[0], crops[1])
    np.testing.assert_array_equal(crops[0], crops[2])
    centers = [resized_center_crops([source], (24, 24), (27, 27)) for source in (jpeg, png, image)]
    np.testing.assert_array_equal(centers[0], centers[1])
    np.testing.assert_array_equal(centers[0], centers[2])


def test_jpeg_is_decoded_accurately():
    """TensorFlow's default decoder would be darker by 1 in red and blue."""
    jpeg = encode(smooth_image(80, 96), "JPEG", quality=75)
    np.testing.assert_array_equal(datasets.decode(jpeg), np.asarray(Image.open(io.BytesIO(jpeg))))


def test_shrinking_averages_all_pixels():
    noise = RANDOM.integers(0, 256, (1, 160, 160, 3), dtype=np.uint8)
    for small in (resized_center_crops(noise, (20, 20), (20, 20)), random_resized_crops(noise, (10, 10), (1, 1))):
        assert np.std(small) < 15  # 37 where four pixels stand for sixty-four
