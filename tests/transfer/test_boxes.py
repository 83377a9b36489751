"""Boxes move exactly with their images: boxes are painted, moved, and read back from the pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutmix_tf.transfer import _boxes


def painted(boxes, height, width):
    """An image with each of three boxes in a channel of its own."""
    image = np.zeros((height, width, 3), np.uint8)
    for channel, (top, left, bottom, right) in enumerate(boxes):
        image[top:bottom, left:right, channel] = 255
    return image


def read_back(image):
    """The boxes of what is brighter than half, channel by channel."""
    found = []
    for channel in np.moveaxis(np.asarray(image) > 127.5, -1, 0):
        rows, columns = np.flatnonzero(channel.any(axis=1)), np.flatnonzero(channel.any(axis=0))
        found.append([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1])
    return np.array(found, np.float32)


@st.composite
def boxes_in(draw, height, width, unit=1, count=3):
    """Boxes whose edges are multiples of `unit`."""
    found = []
    for _ in range(count):
        top, left = draw(st.integers(0, height // unit - 1)), draw(st.integers(0, width // unit - 1))
        bottom, right = draw(st.integers(top + 1, height // unit)), draw(st.integers(left + 1, width // unit))
        found.append([unit * side for side in (top, left, bottom, right)])
    return found


@st.composite
def scaled(draw):
    """Height, width, boxes and the canvas of an image that is enlarged or reduced by a whole factor, then padded."""
    factor, enlarged = draw(st.integers(1, 4)), draw(st.booleans())
    unit = 1 if enlarged else factor
    height, width = (unit * draw(st.integers(1, 12)) for _ in range(2))
    size = [side * factor if enlarged else side // factor for side in (height, width)]
    margin = draw(st.integers(0, 9))
    axis = draw(st.integers(0, 1))  # on which the image fills the canvas
    canvas = [side + (0 if k == axis else margin) for k, side in enumerate(size)]
    return height, width, draw(boxes_in(height, width, unit)), canvas


@settings(max_examples=60, deadline=None)
@given(scaled(), st.booleans())
def test_boxes_stay_on_what_they_surround(case, flipped):
    height, width, boxes, canvas = case
    image = painted(boxes, height, width)
    placement = _boxes.place((height, width), canvas)
    moved_image = _boxes.place_image(image, placement, canvas)
    moved_boxes = _boxes.place_boxes(boxes, placement)
    if flipped:
        moved_image, moved_boxes = _boxes.flip_image(moved_image), _boxes.flip_boxes(moved_boxes, canvas[1])
    assert moved_image.shape == (*canvas, 3)
    np.testing.assert_array_equal(moved_boxes, read_back(moved_image))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(8, 40), st.integers(8, 40), st.tuples(st.integers(8, 50), st.integers(8, 50)))
def test_any_size_is_off_by_less_than_a_pixel(data, height, width, canvas):
    boxes = data.draw(boxes_in(height, width, unit=4))
    placement = _boxes.place((height, width), canvas)
    moved = _boxes.place_boxes(boxes, placement).numpy()
    areas = _boxes.areas(moved).numpy()
    image = _boxes.place_image(painted(boxes, height, width), placement, canvas)
    visible = [k for k in range(3) if areas[k] >= 4 and np.min(moved[k, 2:] - moved[k, :2]) >= 2]
    if visible:
        np.testing.assert_allclose(moved[visible], read_back(image.numpy()[..., visible]), atol=1.0)


@given(st.data(), st.integers(1, 40), st.integers(1, 40), st.tuples(st.integers(1, 50), st.integers(1, 50)))
@settings(max_examples=60, deadline=None)
def test_restoring_is_the_inverse(data, height, width, canvas):
    boxes = data.draw(boxes_in(height, width))
    placement = _boxes.place((height, width), canvas)
    assert np.all(placement.size.numpy() >= 1)
    assert np.all(placement.offset.numpy() + placement.size.numpy() <= canvas)
    restored = _boxes.restore_boxes(_boxes.place_boxes(boxes, placement), placement)
    np.testing.assert_allclose(restored, boxes, atol=1e-4)


def test_an_image_is_as_large_as_fits_and_in_the_middle():
    placement = _boxes.place((100, 50), (64, 96))
    assert (placement.size.numpy().tolist(), placement.offset.numpy().tolist()) == ([64, 32], [0, 32])


def test_flipping_twice_changes_nothing():
    boxes = [[1, 2, 3, 7], [0, 0, 5, 9]]
    np.testing.assert_array_equal(_boxes.flip_boxes(_boxes.flip_boxes(boxes, 9), 9), boxes)


@pytest.mark.parametrize(
    ("box", "clipped", "area"),
    [
        ([-3, 2, 4, 30], [0, 2, 4, 20], 72),
        ([1, 1, 2, 2], [1, 1, 2, 2], 1),
        ([12, 3, 15, 6], [10, 3, 10, 6], 0),
        ([5, 5, 5, 9], [5, 5, 5, 9], 0),
        ([6, 5, 5, 4], [6, 5, 5, 4], 0),
    ],
)
def test_clipping_cuts_off_what_is_outside(box, clipped, area):
    found = _boxes.clip_boxes([box], (10, 20))
    assert found.numpy().tolist() == [clipped]
    assert _boxes.areas(found).numpy().tolist() == [area]
