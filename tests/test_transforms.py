"""Transforms of batches against loops and formulas in NumPy, and the distributions they are drawn from."""

import io
import itertools

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from cutmix_tf import datasets, pipeline
from cutmix_tf.pipeline import _resize

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


GEOMETRY = pipeline.Geometry(
    np.array([[0, 0], [2, -3], [-4, 4], [9, 0], [-1, 1]], np.int32), np.array([False, True, False, True, True])
)


@pytest.mark.parametrize("shape", [(5, 6, 8, 3), (5, 8, 5, 1), (5, 7, 7)], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "bool", "float32", "int64", "bfloat16"])
def test_pictures_move_as_pixel_by_pixel(shape, dtype):
    images = tf.cast(RANDOM.integers(0, 2 if dtype == "bool" else 256, shape), dtype)
    moved = pipeline.apply_geometry(images, GEOMETRY)
    assert moved.dtype == images.dtype
    assert moved.shape == images.shape
    np.testing.assert_array_equal(moved, loop_crop_flip(images.numpy(), *GEOMETRY))


def test_maps_move_with_their_pictures():
    images = tf.constant(RANDOM.integers(0, 256, (64, 16, 12, 3), dtype=np.uint8))
    geometry = pipeline.sample_crop_flip(64, 4, (3, 4))
    maps = images[..., 1] > 99
    np.testing.assert_array_equal(
        pipeline.apply_geometry(maps, geometry), pipeline.apply_geometry(images, geometry)[..., 1] > 99
    )


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_crops_and_flips_are_equally_likely(padding):
    offsets, flips = pipeline.sample_crop_flip(40_000, padding, (5, 6))
    for column in np.transpose(offsets):
        places, counts = np.unique(column, return_counts=True)
        np.testing.assert_array_equal(places, np.arange(-padding, padding + 1))
        np.testing.assert_allclose(counts / 40_000, 1 / (2 * padding + 1), atol=0.01)
    assert abs(np.mean(flips) - 0.5) < 0.01
    if padding:
        assert abs(np.corrcoef(np.transpose(offsets))[0, 1]) < 0.02
        assert abs(np.corrcoef(offsets[:, 0], flips)[0, 1]) < 0.02
    assert not np.any(pipeline.sample_crop_flip(100, padding, (5, 6), flip=False).flips)


def crop_flip(images, seed):
    return pipeline.apply_geometry(images, pipeline.sample_crop_flip(tf.shape(images)[0], 4, seed))


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


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_normalized_values(dtype):
    images = RANDOM.integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)
    mean, std = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)
    normal = pipeline.normalize(images, mean, std, dtype=dtype)
    assert normal.dtype == dtype
    expected = (images.astype(np.float64) - mean) / std
    np.testing.assert_allclose(np.asarray(normal, np.float64), expected, atol=2e-6 if dtype == "float32" else 0.02)


# ---- color ----


def loop_jitter(image, kinds, amounts):
    """One image in float64; PROTOCOLS' formulas, with g - t·g for brightness."""
    for kind, t in zip(kinds, amounts, strict=True):
        gray = (image @ np.array([0.299, 0.587, 0.114]))[..., None]
        if kind == 0:
            image = image * (1 - t)
        elif kind == 1:
            image = image + t * (gray - image)
        else:
            image = image + t * (gray.mean() - image)
    return image


def test_jitter_in_each_order():
    kinds = np.array(list(itertools.permutations(range(3))), np.int32)
    amounts = RANDOM.uniform(-0.4, 0.4, (6, 3)).astype(np.float32)
    images = RANDOM.uniform(0, 255, (6, 5, 4, 3)).astype(np.float32)
    expected = [loop_jitter(*case) for case in zip(images.astype(np.float64), kinds, amounts, strict=True)]
    jittered = pipeline.apply_jitter(tf.constant(images), pipeline.Jitter(tf.constant(kinds), tf.constant(amounts)))
    np.testing.assert_allclose(jittered, expected, rtol=1e-5, atol=1e-3)
    assert np.max(jittered) > 255  # nothing is clipped


def test_jitter_draws_orders_and_amounts_evenly():
    kinds, amounts = (np.asarray(part) for part in pipeline.sample_jitter(30_000, (1, 2)))
    orders, counts = np.unique(kinds, axis=0, return_counts=True)
    np.testing.assert_array_equal(orders, list(itertools.permutations(range(3))))
    np.testing.assert_allclose(counts / 30_000, 1 / 6, atol=0.01)
    quantiles = np.quantile(amounts, [0, 0.25, 0.5, 0.75, 1], axis=0)
    np.testing.assert_allclose(quantiles, np.tile([[-0.4], [-0.2], [0], [0.2], [0.4]], 3), atol=0.008)
    np.testing.assert_allclose(np.corrcoef(amounts.T), np.eye(3), atol=0.02)


def test_lighting_adds_a_sum_of_components():
    amounts = np.array([[0, 0, 0], [0.1, -0.2, 0.3]], np.float32)
    images = RANDOM.uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)
    lit = pipeline.apply_lighting(tf.constant(images), tf.constant(amounts))
    np.testing.assert_array_equal(lit[0], images[0])
    directions = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
    color = 255 * directions @ (amounts[1] * [0.2175, 0.0188, 0.0045])
    np.testing.assert_allclose(lit[1] - images[1], np.broadcast_to(color, (3, 4, 3)), atol=1e-4)


def test_lighting_amounts_are_normal():
    amounts = np.asarray(pipeline.sample_lighting(50_000, (3, 4)))
    shares = [np.mean(amounts < 0.1 * z, axis=0) for z in (-2, -1, 0, 1, 2)]
    expected = np.array([0.02275, 0.15866, 0.5, 0.84134, 0.97725])[:, None]
    np.testing.assert_allclose(shares, np.tile(expected, 3), atol=0.008)
    np.testing.assert_allclose(np.corrcoef(amounts.T), np.eye(3), atol=0.02)


def test_color_is_the_same_compiled():
    images = tf.constant(RANDOM.uniform(0, 255, (8, 6, 5, 3)).astype(np.float32))

    def color(images, seed):
        images = pipeline.apply_jitter(images, pipeline.sample_jitter(8, seed))
        return pipeline.apply_lighting(images, pipeline.sample_lighting(8, seed))

    expected = color(images, (1, 2))
    compiled = tf.function(color, jit_compile=True)(images, tf.constant([1, 2]))
    np.testing.assert_allclose(compiled, expected, rtol=1e-5, atol=1e-3)


# ---- crops that are resized ----


def encode(image, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def smooth_picture(height, width):
    noise = Image.fromarray(RANDOM.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC))


def coordinates(height, width):
    """A picture whose red is the row and whose green is the column."""
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


@pytest.mark.parametrize("sides", [(300, 400), (400, 300), (250, 250), (200, 450)], ids=str)
def test_random_crops_have_the_usual_areas_and_shapes(sides):
    count = 4000
    seeds = tf.stack([tf.range(count), tf.zeros([count], tf.int32)], axis=1)
    boxes = tf.vectorized_map(lambda seed: _resize.sample_crop_box(tf.constant(sides), seed), seeds).numpy()
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
def test_pictures_too_long_for_any_crop_give_their_center(sides, box):
    for seed in range(5):
        np.testing.assert_array_equal(_resize.sample_crop_box(tf.constant(sides), (seed, 0)), box)


def test_a_resized_crop_shows_the_part_that_was_drawn():
    image = coordinates(120, 200)
    crops = pipeline.random_resized_crops(tf.constant([encode(image, "PNG")] * 20), (40, 60), (1, 2))
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
def test_jpeg_png_and_decoded_pictures_are_cropped_alike(gray):
    smooth = smooth_picture(81, 97)
    # With subsampled colors a JPEG decoder sees no neighbors beyond the crop, and its edge differs a little.
    jpeg = encode(smooth[..., 0] if gray else smooth, "JPEG", subsampling=0)
    image = datasets.decode(jpeg)
    png = encode(image.numpy()[..., 0] if gray else image.numpy(), "PNG")
    crops = [pipeline.random_resized_crops(tf.stack([source] * 8), (32, 24), (5, 6)) for source in (jpeg, png, image)]
    np.testing.assert_array_equal(crops[0], crops[1])
    np.testing.assert_array_equal(crops[0], crops[2])
    centers = [pipeline.resized_center_crops([source], (24, 24), 256 / 224) for source in (jpeg, png, image)]
    np.testing.assert_array_equal(centers[0], centers[1])
    np.testing.assert_array_equal(centers[0], centers[2])


def test_jpeg_is_decoded_accurately():
    """TensorFlow's default decoder would be darker by 1 in red and blue."""
    jpeg = encode(smooth_picture(80, 96), "JPEG", quality=75)
    np.testing.assert_array_equal(datasets.decode(jpeg), np.asarray(Image.open(io.BytesIO(jpeg))))


def test_the_center_is_taken_with_the_usual_margin():
    image = np.pad(coordinates(256, 256), [(0, 0), (0, 64), (0, 0)], mode="edge")
    image[..., 2] = np.arange(320) // 2
    crop = pipeline.resized_center_crops([encode(image, "PNG")], (224, 224), 256 / 224)
    np.testing.assert_array_equal(crop[0], image[16:240, 48:272])


@pytest.mark.parametrize("sides", [(32, 32), (31, 32), (90, 33), (20, 61), (500, 40)], ids=str)
@pytest.mark.parametrize("margin", [1.0, 256 / 224])
def test_centers_have_the_size_asked_for_and_lie_in_the_middle(sides, margin):
    image = np.zeros((*sides, 3), np.uint8)
    image[: sides[0] // 2, :, 0] = image[:, : sides[1] // 2, 1] = 254
    image[sides[0] // 2 : -(-sides[0] // 2), :, 0] = image[:, sides[1] // 2 : -(-sides[1] // 2), 1] = 127
    crop = pipeline.resized_center_crops(image[None], (32, 32), margin).numpy()[0].astype(int)
    assert crop.shape == (32, 32, 3)
    np.testing.assert_allclose(crop[..., :2].mean((0, 1)), 127, atol=5)


def test_shrinking_averages_all_pixels():
    noise = RANDOM.integers(0, 256, (1, 160, 160, 3), dtype=np.uint8)
    for small in (pipeline.resized_center_crops(noise, (20, 20)), pipeline.random_resized_crops(noise, (10, 10), (1, 1))):
        assert np.std(small) < 15  # 37 where four pixels stand for sixty-four


def test_a_picture_of_the_right_size_is_its_own_center():
    image = RANDOM.integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(pipeline.resized_center_crops(image, (20, 30)), image)
