"""Overlap of boxes; regions and holes of masks, against drawings and SciPy."""

import numpy as np
import pytest
from scipy import ndimage

from cutmix_tf.evaluation import metrics
from cutmix_tf.evaluation.metrics._boxes import holes, regions


def mask_of(*rows):
    return np.array([[letter == "#" for letter in row] for row in rows])


def test_iou_by_hand():
    box = (0, 0, 4, 4)
    cases = {
        (0, 0, 4, 4): 1,
        (0, 0, 4, 2): 0.5,
        (2, 2, 6, 6): 4 / 28,
        (4, 0, 8, 4): 0,
        (0, 0, 0, 0): 0,
        (9, 9, 12, 9): 0,
    }
    others = np.array(list(cases))
    np.testing.assert_allclose(metrics.iou(np.array(box), others), list(cases.values()))
    np.testing.assert_allclose(metrics.iou(others, np.array(box)), list(cases.values()))
    assert metrics.iou(np.zeros(4), np.zeros(4)) == 0
    assert metrics.iou(others[:, None], others[None]).shape == (6, 6)


def test_iou_counts_pixels():
    draw = np.random.default_rng(0)
    starts = draw.integers(0, 8, (2, 50, 2))
    boxes = np.concatenate([starts, starts + draw.integers(1, 9, (2, 50, 2))], axis=2)
    for one, other in zip(*boxes, strict=True):
        masks = np.zeros((2, 20, 20), bool)
        for mask, (top, left, bottom, right) in zip(masks, (one, other), strict=True):
            mask[top:bottom, left:right] = True
        assert metrics.iou(one, other) == pytest.approx(np.sum(masks[0] & masks[1]) / np.sum(masks[0] | masks[1]))


def test_regions_agree_with_scipy_where_corners_connect():
    masks = np.random.default_rng(0).random((20, 9, 9)) < 0.3
    for mask in masks:
        boxes, largest = regions(mask)
        labeled, count = ndimage.label(mask, np.ones((3, 3)))
        sizes = [(labeled == k + 1).sum() for k in range(count)]
        assert len(boxes) == count
        assert sizes[largest] == max(sizes)


HOLES = {
    "none": (["##", "##"], []),
    "one pixel": (["###", "#.#", "###"], [(0, 0, 3, 3)]),
    "a ring's": (["#####", "#...#", "#...#", "#####"], [(0, 0, 4, 5)]),
    "a thick ring's is smaller than the ring": (
        ["......", ".#####", ".#####", ".##.##", ".#####", ".#####"],
        [(2, 2, 5, 5)],
    ),
    "open at a side": (["###", "#..", "###"], []),
    "closed at a corner": (["##.", "#.#", "###"], [(0, 0, 3, 3)]),  # pixels that touch at a corner are connected
    "two that touch at a corner": (["####", "#.##", "##.#", "####"], [(0, 0, 3, 3), (1, 1, 4, 4)]),
    "around another region": (["#####", "#...#", "#.#.#", "#...#", "#####"], [(0, 0, 5, 5)]),
    "inside that region": (
        ["#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######"],
        [(0, 0, 7, 7), (2, 2, 5, 5)],
    ),
    "the background": (["...", ".#.", "..."], []),
}


@pytest.mark.parametrize(("rows", "expected"), HOLES.values(), ids=HOLES)
def test_holes_of_drawings(rows, expected):
    assert sorted(map(tuple, holes(mask_of(*rows)).tolist())) == expected


def test_holes_are_what_filling_the_mask_adds():
    draw = np.random.default_rng(0)
    for _ in range(300):
        mask = draw.random(draw.integers(1, 12, 2)) < draw.random()
        labeled, count = ndimage.label(ndimage.binary_fill_holes(mask) & ~mask)
        around = [ndimage.binary_dilation(labeled == k + 1) & mask for k in range(count)]
        places = [np.nonzero(pixels) for pixels in around]
        expected = [(rows.min(), columns.min(), rows.max() + 1, columns.max() + 1) for rows, columns in places]
        assert sorted(map(tuple, holes(mask))) == sorted(expected)
