"""The geometry of test images: torchvision's rule, to the pixel, and boxes that follow their images."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cutmix_tf import pipeline
from cutmix_tf.pipeline._center_crop import center_crop
from cutmix_tf.pipeline._resize import resized_center_crops


def torchvision_crop(height, width, resize, crop):
    """Resize(resize) and CenterCrop(crop) as torchvision documents them: where the crop lies in which resized image."""
    short, long = min(height, width), max(height, width)
    longer = int(resize * long / short)
    resized = (resize, longer) if height <= width else (longer, resize)
    return resized, tuple(int(round((side - crop) / 2.0)) for side in resized)  # noqa: RUF046 - as it is written there


def assert_as_torchvision(sizes, resize=256, crop=224):
    resized, offsets = (part.numpy() for part in center_crop(sizes, (crop, crop), (resize, resize)))
    expected = [torchvision_crop(*map(int, size), resize, crop) for size in sizes]
    np.testing.assert_array_equal(resized, [size for size, _ in expected])
    np.testing.assert_array_equal(offsets, [offset for _, offset in expected])


def test_all_sizes_of_imagenet_are_cropped_as_by_torchvision():
    assert_as_torchvision(np.array([(300, 457), (600, 401), (1024, 683), (500, 375), (256, 256), (32, 32)]))
    sides = np.arange(200, 1000, 7)
    assert_as_torchvision(np.stack(np.meshgrid(sides, sides), axis=-1).reshape(-1, 2))
    assert_as_torchvision(np.random.default_rng(0).integers(1, 6000, (20_000, 2)))


@given(
    sizes=st.lists(st.tuples(st.integers(1, 9999), st.integers(1, 9999)), min_size=1),
    crop=st.integers(1, 600),
    margin=st.integers(0, 100),
)
def test_any_resize_and_crop_is_as_by_torchvision(sizes, crop, margin):
    assert_as_torchvision(np.array(sizes), crop + margin, crop)


@given(
    sides=st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    size=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    augment=st.sampled_from(["crop_flip", "imagenet"]),
)
def test_crops_of_any_shape_lie_in_the_middle_of_what_just_covers(sides, size, augment):
    preprocessing = pipeline.Preprocessing(size, (0.0,) * 3, (1.0,) * 3, augment=augment)
    resize_to = preprocessing.resize_to
    assert resize_to == (size if augment == "crop_flip" else tuple(round(side * 256 / 224) for side in size))
    resized, offsets = (part.numpy() for part in center_crop(sides, size, resize_to))
    assert np.all(resized >= resize_to)
    assert np.any(resized == resize_to)
    assert np.all(np.abs(2 * offsets - (resized - size)) <= 1)
    exact = max(resize_to[0] / sides[0], resize_to[1] / sides[1]) * np.array(sides)
    assert np.all(np.abs(resized - exact) <= 1)


def test_the_recipe_of_imagenet():
    assert pipeline.Preprocessing((224, 224), (0,) * 3, (1,) * 3, augment="imagenet").resize_to == (256, 256)


# ---- images ----


def coordinates(height, width):
    """An image whose red is the row and whose green is the column."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, 0 * rows], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("sides", [(256, 320), (320, 256), (256, 259), (256, 256)])
def test_images_are_cropped_where_the_geometry_says(sides):
    image = coordinates(*sides)
    image[..., 2] = np.arange(sides[1]) // 2
    (crop,) = resized_center_crops(tf.io.encode_png(image)[None], (224, 224), (256, 256)).numpy()
    _, (top, left) = torchvision_crop(*sides, 256, 224)
    np.testing.assert_array_equal(crop, image[top : top + 224, left : left + 224])


@pytest.mark.parametrize("sides", [(32, 32), (31, 32), (90, 33), (20, 61), (500, 40)], ids=str)
@pytest.mark.parametrize("covered", [32, 37])
def test_crops_have_the_size_asked_for_and_lie_in_the_middle(sides, covered):
    image = np.zeros((*sides, 3), np.uint8)
    image[: sides[0] // 2, :, 0] = image[:, : sides[1] // 2, 1] = 254
    image[sides[0] // 2 : -(-sides[0] // 2), :, 0] = image[:, sides[1] // 2 : -(-sides[1] // 2), 1] = 127
    crop = resized_center_crops(image[None], (32, 32), (covered, covered)).numpy()[0].astype(int)
    assert crop.shape == (32, 32, 3)
    np.testing.assert_allclose(crop[..., :2].mean((0, 1)), 127, atol=5)


def test_an_image_of_the_right_size_is_its_own_center():
    images = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resized_center_crops(images, (20, 30), (20, 30)), images)


# ---- boxes ----


@pytest.mark.parametrize("augment", ["crop_flip", "imagenet"])
@pytest.mark.parametrize("size", [(16, 16), (28, 28), (14, 28), (40, 24)])
@pytest.mark.parametrize("sides", [(16, 16), (32, 20), (24, 56)])
def test_boxes_follow_resized_and_cropped_images(augment, size, sides):
    """A bright box, moved as an image, lies where the moved box says, up to the blur of its edges."""
    boxes = np.array([[1, 2, 10, 12], [0, 0, *sides], [5, 4, 14, 15], [3, 3, 12, 9]], np.int32)
    images = np.zeros((4, *sides, 3), np.uint8)
    for image, (top, left, bottom, right) in zip(images, boxes, strict=True):
        image[top:bottom, left:right] = 255
    preprocessing = pipeline.Preprocessing(size, (0.0,) * 3, (1.0,) * 3, augment=augment)
    crops = resized_center_crops(images, size, preprocessing.resize_to).numpy()
    moved = pipeline.move_boxes(boxes, np.array(sides), preprocessing)
    assert moved.dtype == np.int32
    assert np.all((moved >= 0) & (moved <= np.tile(size, 2)))
    np.testing.assert_array_equal(moved, pipeline.move_boxes(boxes, np.tile(sides, (4, 1)), preprocessing))
    for crop, box in zip(crops[..., 0] > 127, moved, strict=True):
        rows, columns = np.nonzero(crop)
        if (box[2:] - box[:2]).min() > 1:
            np.testing.assert_allclose([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1], box, atol=1)
        elif rows.size:  # almost cut away
            assert min(np.ptp(rows), np.ptp(columns)) <= 1


def test_a_box_that_is_cut_away_has_no_area():
    preprocessing = pipeline.Preprocessing((10, 10), (0.0,) * 3, (1.0,) * 3)
    (box,) = pipeline.move_boxes(np.array([[0, 0, 20, 9]]), np.array([20, 60]), preprocessing)
    np.testing.assert_array_equal(box, [0, 0, 10, 0])
