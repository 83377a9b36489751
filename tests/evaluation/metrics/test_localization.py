"""From maps to boxes, and localization scores: drawings, rings, several objects, and a model whose map is known."""

import numpy as np
import pytest
from helpers.evaluated_models import planted, red_or_green

from cutmix_tf import evaluation as ev
from cutmix_tf.evaluation import metrics

HAND_DRAWN = {
    "one pixel in a corner": ("#...", "....", (0, 0, 1, 1)),
    "at the other end": ("....", "..##", (1, 2, 2, 4)),
    "the larger region": ("##.#", "#..#", (0, 0, 2, 2)),
    "corners touch": ("#...", ".##.", (0, 0, 2, 3)),
    "everything but one": ("####", "###.", (0, 0, 2, 4)),
    "the first in a tie": ("#.#.", "#.#.", (0, 0, 2, 1)),
}


@pytest.mark.parametrize(("first", "second", "box"), HAND_DRAWN.values(), ids=HAND_DRAWN)
def test_boxes_of_hand_drawn_maps(first, second, box):
    drawing = np.array([[letter == "#" for letter in row] for row in (first, second)], np.float32)
    assert metrics.boxes_of_maps(drawing[None]).tolist() == [list(box)]
    assert metrics.boxes_of_maps(-3 + 7 * drawing[None]).tolist() == [list(box)]


def test_the_threshold_is_a_fraction_of_the_maximum_and_excluded():
    ramp = np.array([[[0, 0.25, 0.5, 1]]])
    lefts = [metrics.boxes_of_maps(ramp, sigma).tolist()[0][1] for sigma in (0, 0.2, 0.25, 0.5, 0.75)]
    assert lefts == [1, 1, 2, 3, 3]
    with pytest.raises(ValueError, match="sigma must be at least 0 and at most 1"):
        metrics.boxes_of_maps(ramp, 1.5)


def test_a_constant_map_finds_nothing():
    flat = np.full((1, 4, 4), 7.0)
    assert metrics.boxes_of_maps(flat).tolist() == [[0, 0, 0, 0]]
    assert metrics.localization(flat, np.array([[0, 0, 4, 4]]), np.array([True])) == (0, 0, 100)
    assert metrics.box_sweep(flat, np.array([[0, 0, 4, 4]])).max_box_acc_v2 == 0


def test_a_planted_object_is_found_exactly():
    model, (images, labels, boxes) = red_or_green(), planted()
    maps = metrics.resize_maps(ev.cam(model, images, labels), images.shape[1:3])
    np.testing.assert_array_equal(metrics.boxes_of_maps(maps), boxes)
    correct = model.logits(images).argmax(axis=1) == labels
    assert metrics.localization(maps, boxes, correct) == (100, 100, 100)
    sweep = metrics.box_sweep(maps, boxes)
    assert sweep.max_box_acc == sweep.max_box_acc_v2 == 100


def test_the_map_of_the_other_class_does_not_find_the_object():
    model, (images, labels, boxes) = red_or_green(), planted()
    maps = metrics.resize_maps(ev.cam(model, images, 1 - labels), images.shape[1:3])
    assert metrics.localization(maps, boxes, np.ones(20, bool)).gt_known == 0


def test_top_1_needs_the_class_and_the_place():
    maps = np.zeros((4, 4, 4))
    maps[:, :2, :2] = 1
    boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 2], [2, 2, 4, 4], [0, 0, 2, 4]])  # the last has an IoU of exactly 1/2
    found = metrics.localization(maps, boxes, np.array([True, False, True, True]))
    assert found == (25, 50, 75)
    assert metrics.box_sweep(maps, boxes).max_box_acc == 75  # at least one half


def test_max_box_acc_takes_one_threshold_for_all_images():
    """Nested squares: what is best for one is not for the other."""
    maps = np.zeros((2, 8, 8))
    maps[:, :6, :6], maps[:, :2, :2] = 0.4, 1.0
    boxes = np.array([[0, 0, 6, 6], [0, 0, 2, 2]])
    sweep = metrics.box_sweep(maps, boxes, np.array([0.2, 0.7]))
    np.testing.assert_allclose(sweep.largest, [[1, 4 / 36], [4 / 36, 1]], rtol=1e-6)
    assert sweep.max_box_acc == 50


def test_version_2_takes_the_best_region_and_three_overlaps():
    maps = np.zeros((1, 8, 8))
    maps[0, :3, :3], maps[0, 6:, 6:] = 1, 1
    sweep = metrics.box_sweep(maps, np.array([[4, 6, 8, 8]]))  # an IoU of one half with the smaller region
    assert sweep.max_box_acc == 0
    assert sweep.by_level == {0.3: 100, 0.5: 100, 0.7: 0}
    assert sweep.max_box_acc_v2 == pytest.approx(200 / 3)


# ---- rings ----


def ring(size=12, outer=1, inner=4):
    """A map of 1 on a square ring with 0 inside and outside."""
    maps = np.zeros((1, size, size))
    maps[0, outer : size - outer, outer : size - outer] = 1
    maps[0, inner : size - inner, inner : size - inner] = 0
    return maps


def test_the_contour_of_a_hole_is_a_candidate_box():
    """The hole is (4, 4) to (8, 8); its contour runs on the pixels around it, from (3, 3) to (9, 9)."""
    sweep = metrics.box_sweep(ring(), np.array([[3, 3, 9, 9]]), np.array([0.5]))
    assert sweep.best.tolist() == [[1.0]]
    np.testing.assert_allclose(sweep.largest, 36 / 100)  # the box of the ring is (1, 1) to (11, 11)
    assert sweep.max_box_acc_v2 == 100
    sweep = metrics.box_sweep(ring(), np.array([[4, 4, 8, 8]]), np.array([0.5]))
    np.testing.assert_allclose(sweep.best, 16 / 36)


def test_an_open_ring_has_no_hole():
    maps = ring()
    maps[0, 6, 8:] = 0
    sweep = metrics.box_sweep(maps, np.array([[3, 3, 9, 9]]), np.array([0.5]))
    np.testing.assert_allclose(sweep.best, 36 / 100)


def test_the_largest_region_is_never_a_hole():
    sweep = metrics.box_sweep(ring(), np.array([[1, 1, 11, 11]]), np.array([0.5]))
    assert sweep.largest.tolist() == sweep.best.tolist() == [[1.0]]
    assert metrics.boxes_of_maps(ring()).tolist() == [[1, 1, 11, 11]]


# ---- several objects in an image ----


def test_with_several_objects_the_best_overlap_counts():
    maps = np.zeros((3, 8, 8))
    maps[:, :3, :3] = 1
    boxes = [np.array([[5, 5, 8, 8], [0, 0, 3, 3]]), np.array([[0, 0, 3, 3]]), np.array([[5, 5, 8, 8], [4, 0, 8, 2]])]
    assert metrics.localization(maps, boxes, np.ones(3, bool)).gt_known == pytest.approx(200 / 3)
    sweep = metrics.box_sweep(maps, boxes, np.array([0.5]))
    assert sweep.largest.tolist() == sweep.best.tolist() == [[1.0, 1.0, 0.0]]


def test_one_box_each_may_be_given_in_three_ways():
    maps, boxes = np.random.default_rng(0).random((4, 8, 8)), np.tile([1, 2, 6, 7], (4, 1))
    sweeps = [metrics.box_sweep(maps, form) for form in (boxes, boxes[:, None], [box[None] for box in boxes])]
    for sweep in sweeps[1:]:
        np.testing.assert_array_equal(sweep.best, sweeps[0].best)


@pytest.mark.parametrize(
    "boxes", [np.zeros((2, 4), int), [np.ones((1, 4))] * 2 + [np.zeros((0, 4))], np.zeros((3, 5)), np.zeros((3, 2, 3))]
)
def test_boxes_that_do_not_fit_are_refused(boxes):
    maps = np.zeros((3, 4, 4))
    with pytest.raises(ValueError, match="need at least one box of 4 numbers for each"):
        metrics.localization(maps, boxes, np.ones(3, bool))
    with pytest.raises(ValueError, match="need at least one box of 4 numbers for each"):
        metrics.box_sweep(maps, boxes)


def test_predictions_of_another_number_are_refused():
    with pytest.raises(ValueError, match="and 2 predictions"):
        metrics.localization(np.zeros((3, 4, 4)), np.ones((3, 4)), np.ones(2, bool))
