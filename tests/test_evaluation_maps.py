"""Class-activation maps and localization: hand-drawn maps, and a network whose map is known."""

import keras
import numpy as np
import pytest
from scipy import ndimage

import cutmix_tf as cm
from cutmix_tf import datasets, pipeline
from cutmix_tf import evaluation as ev
from cutmix_tf.evaluation._examples import move_boxes
from cutmix_tf.evaluation._wsol import regions
from cutmix_tf.cli._mixed_cams import draw_mixed_cams, mixed_maps

SIZE = 16


def network_of(model, size=SIZE, mean=(120.0, 110, 100), std=(60.0, 50, 40)):
    return ev.Network(model, pipeline.Preprocessing((size, size), mean, std))


def classifier(dropout=False):
    """A small network of the usual shape, with weights drawn from a seed."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", name="first")(inputs)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.ReLU(name="last")(keras.layers.Conv2D(6, 3, padding="same")(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.5)(x) if dropout else x
    return keras.Model(inputs, keras.layers.Dense(5, bias_initializer="random_normal")(x), name="small")


def colors():
    """A network of two classes, whose map before the average is red or green light of each pixel."""
    inputs = keras.Input((SIZE, SIZE, 3))
    light = keras.layers.Conv2D(2, 1, use_bias=False, name="light")(inputs)
    outputs = keras.layers.Dense(2, name="logits")(keras.layers.GlobalAveragePooling2D()(light))
    model = keras.Model(inputs, outputs)
    model.get_layer("light").set_weights([np.array([[1, 0], [0, 1], [0, 0]], np.float32)[None, None]])
    model.get_layer("logits").set_weights([np.eye(2, dtype=np.float32), np.zeros(2, np.float32)])
    return network_of(model, mean=(0.0, 0, 0), std=(255.0,) * 3)


def planted(count=20, seed=0):
    """Pictures of one red or green rectangle on dark ground, their labels, and where it is."""
    draw = np.random.default_rng(seed)
    images, labels = np.full((count, SIZE, SIZE, 3), 20, np.uint8), draw.integers(2, size=count)
    starts, sides = draw.integers(0, SIZE - 6, (count, 2)), draw.integers(3, 7, (count, 2))
    boxes = np.concatenate([starts, starts + sides], axis=1).astype(np.int32)
    for image, label, (top, left, bottom, right) in zip(images, labels, boxes, strict=True):
        image[top:bottom, left:right, label] = 200
    return images, labels, boxes


def pictures(count=7, size=SIZE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


# ---- maps ----


@pytest.mark.parametrize("dropout", [False, True])
def test_a_map_averages_to_the_logit_without_its_bias(dropout):
    network, images = network_of(classifier(dropout)), pictures()
    logits = network.logits(images)
    for label in range(5):
        maps = ev.cam(network, images, np.full(7, label))
        assert maps.shape == (7, 8, 8)
        np.testing.assert_allclose(maps.mean(axis=(1, 2)) + network.head.bias[label], logits[:, label], atol=1e-5)


def test_maps_are_of_the_predicted_classes_unless_told():
    network, images = network_of(classifier()), pictures()
    predicted = network.logits(images).argmax(axis=1)
    np.testing.assert_array_equal(ev.cam(network, images), ev.cam(network, images, predicted))


def test_grad_cam_before_the_average_is_cam_clipped_and_divided_by_the_positions():
    network, images = network_of(classifier(dropout=True)), pictures()
    classes = np.arange(7) % 5
    expected = np.maximum(ev.cam(network, images, classes), 0) / 64
    assert expected.any()
    np.testing.assert_allclose(ev.grad_cam(network, images, classes), expected, atol=1e-7)
    np.testing.assert_allclose(ev.grad_cam(network, images, classes, layer="last"), expected, atol=1e-7)


def test_grad_cam_needs_no_such_head():
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="only")(inputs)
    network = network_of(keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(x))))
    assert ev.grad_cam(network, pictures(), layer="only").shape == (7, 14, 14)
    for function in (ev.cam, ev.grad_cam):
        with pytest.raises(ValueError, match="ends in global average pooling and one dense layer"):
            function(network, pictures())


def test_layers_that_do_not_fit_are_refused():
    network = network_of(classifier())
    with pytest.raises(ValueError, match="Did you mean 'last'"):
        ev.grad_cam(network, pictures(), layer="lust")
    inputs = keras.Input((SIZE, SIZE, 3))
    side = keras.layers.Conv2D(3, 1, name="side")(inputs)
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(side + inputs))
    with pytest.raises(ValueError, match="must pass through the feature map"):
        ev.grad_cam(network_of(keras.Model(inputs, outputs)), pictures(), layer="side")


@pytest.mark.parametrize("classes", [np.zeros(3, int), np.full(7, 5), np.full(7, -1)])
def test_classes_that_do_not_fit_are_refused(classes):
    with pytest.raises(ValueError, match=r"A class in \[0, 5\) is needed for each of 7 pictures"):
        ev.cam(network_of(classifier()), pictures(), classes)


def test_maps_are_resized_about_their_centers():
    maps = np.random.default_rng(0).random((3, 8, 8), np.float32)
    np.testing.assert_allclose(ev.resize_maps(maps, (8, 8)), maps, atol=1e-6)
    ramp = np.tile(np.arange(8, dtype=np.float32), (1, 8, 1))
    inner = ev.resize_maps(ramp, (16, 16))[0, 5, 4:12]
    np.testing.assert_allclose(inner, np.arange(4, 12) / 2 - 0.25, atol=1e-5)
    np.testing.assert_allclose(ev.resize_maps(np.full((1, 4, 4), 3.0), (13, 7)), 3, rtol=1e-6)


def test_maps_are_scaled_one_by_one_and_flat_ones_are_nothing():
    maps = np.array([[[-1, 0], [1, 3]], [[5, 5], [5, 5]], [[0, 1e-3], [0, 0]]])
    expected = [[[0, 0.25], [0.5, 1]], [[0, 0], [0, 0]], [[0, 1], [0, 0]]]
    np.testing.assert_allclose(ev.scale_maps(maps), expected, rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_maps_that_are_not_numbers_are_refused(value):
    maps = np.zeros((2, 4, 4))
    maps[1, 2, 2] = value
    for function in (ev.scale_maps, ev.boxes_of_maps):
        with pytest.raises(ValueError, match="Maps must be finite"):
            function(maps)
    with pytest.raises(ValueError, match="Maps must be finite"):
        ev.box_sweep(maps, np.zeros((2, 4), int))


# ---- boxes ----


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
    np.testing.assert_allclose(ev.iou(np.array(box), others), list(cases.values()))
    np.testing.assert_allclose(ev.iou(others, np.array(box)), list(cases.values()))
    assert ev.iou(np.zeros(4), np.zeros(4)) == 0
    assert ev.iou(others[:, None], others[None]).shape == (6, 6)


def test_iou_counts_pixels():
    draw = np.random.default_rng(0)
    starts = draw.integers(0, 8, (2, 50, 2))
    boxes = np.concatenate([starts, starts + draw.integers(1, 9, (2, 50, 2))], axis=2)
    for one, other in zip(*boxes, strict=True):
        masks = np.zeros((2, 20, 20), bool)
        for mask, (top, left, bottom, right) in zip(masks, (one, other), strict=True):
            mask[top:bottom, left:right] = True
        assert ev.iou(one, other) == pytest.approx(np.sum(masks[0] & masks[1]) / np.sum(masks[0] | masks[1]))


HAND_DRAWN = {
    "one pixel in a corner": ("#...", "....", (0, 0, 1, 1)),
    "at the other end": ("....", "..##", (1, 2, 2, 4)),
    "the larger region": ("##.#", "#..#", (0, 0, 2, 2)),
    "corners touch": ("#...", ".##.", (0, 0, 2, 3)),
    "everything but one": ("####", "###.", (0, 0, 2, 4)),
    "the first of equals": ("#.#.", "#.#.", (0, 0, 2, 1)),
}


@pytest.mark.parametrize(("first", "second", "box"), HAND_DRAWN.values(), ids=HAND_DRAWN)
def test_boxes_of_hand_drawn_maps(first, second, box):
    drawing = np.array([[letter == "#" for letter in row] for row in (first, second)], np.float32)
    assert ev.boxes_of_maps(drawing[None]).tolist() == [list(box)]
    assert ev.boxes_of_maps(-3 + 7 * drawing[None]).tolist() == [list(box)]


def test_the_threshold_is_a_share_of_the_maximum_and_is_not_reached_by_equals():
    ramp = np.array([[[0, 0.25, 0.5, 1]]])
    assert [ev.boxes_of_maps(ramp, sigma).tolist()[0][1] for sigma in (0, 0.2, 0.25, 0.5, 0.75)] == [1, 1, 2, 3, 3]
    with pytest.raises(ValueError, match="sigma must be at least 0 and at most 1"):
        ev.boxes_of_maps(ramp, 1.5)


def test_a_flat_map_finds_nothing():
    flat = np.full((1, 4, 4), 7.0)
    assert ev.boxes_of_maps(flat).tolist() == [[0, 0, 0, 0]]
    assert ev.localization(flat, np.array([[0, 0, 4, 4]]), np.array([True])) == (0, 0, 100)
    assert ev.box_sweep(flat, np.array([[0, 0, 4, 4]])).max_box_acc_v2 == 0


def test_regions_are_those_of_scipy_with_corners():
    masks = np.random.default_rng(0).random((20, 9, 9)) < 0.3
    for mask in masks:
        boxes, largest = regions(mask)
        labeled, count = ndimage.label(mask, np.ones((3, 3)))
        sizes = [(labeled == k + 1).sum() for k in range(count)]
        assert len(boxes) == count
        assert sizes[largest] == max(sizes)


# ---- localization ----


def test_a_planted_object_is_found_exactly():
    network, (images, labels, boxes) = colors(), planted()
    maps = ev.resize_maps(ev.cam(network, images, labels), (SIZE, SIZE))
    np.testing.assert_array_equal(ev.boxes_of_maps(maps), boxes)
    right = network.logits(images).argmax(axis=1) == labels
    assert ev.localization(maps, boxes, right) == (100, 100, 100)
    sweep = ev.box_sweep(maps, boxes)
    assert sweep.max_box_acc == sweep.max_box_acc_v2 == 100


def test_the_map_of_the_other_class_finds_nothing_in_particular():
    network, (images, labels, boxes) = colors(), planted()
    maps = ev.resize_maps(ev.cam(network, images, 1 - labels), (SIZE, SIZE))
    assert ev.localization(maps, boxes, np.ones(20, bool)).gt_known == 0


def test_top_1_needs_the_class_and_the_place():
    maps = np.zeros((4, 4, 4))
    maps[:, :2, :2] = 1
    boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 2], [2, 2, 4, 4], [0, 0, 2, 4]])  # the last overlaps by one half exactly
    found = ev.localization(maps, boxes, np.array([True, False, True, True]))
    assert found == (25, 50, 75)
    assert ev.box_sweep(maps, boxes).max_box_acc == 75  # at least one half


def test_max_box_acc_takes_one_threshold_for_all_pictures():
    """Nested squares: what is best for one is not for the other."""
    maps = np.zeros((2, 8, 8))
    maps[:, :6, :6], maps[:, :2, :2] = 0.4, 1.0
    boxes = np.array([[0, 0, 6, 6], [0, 0, 2, 2]])
    sweep = ev.box_sweep(maps, boxes, np.array([0.2, 0.7]))
    np.testing.assert_allclose(sweep.largest, [[1, 4 / 36], [4 / 36, 1]], rtol=1e-6)
    assert sweep.max_box_acc == 50


def test_version_2_takes_the_best_region_and_three_overlaps():
    maps = np.zeros((1, 8, 8))
    maps[0, :3, :3], maps[0, 6:, 6:] = 1, 1
    sweep = ev.box_sweep(maps, np.array([[4, 6, 8, 8]]))  # overlaps by one half with the smaller region
    assert sweep.max_box_acc == 0
    assert sweep.by_level == {0.3: 100, 0.5: 100, 0.7: 0}
    assert sweep.max_box_acc_v2 == pytest.approx(200 / 3)


def test_counts_that_differ_are_refused():
    maps, boxes = np.zeros((3, 4, 4)), np.zeros((2, 4), int)
    with pytest.raises(ValueError, match="of as many pictures are needed"):
        ev.localization(maps, boxes, np.ones(3, bool))
    with pytest.raises(ValueError, match="of as many pictures are needed"):
        ev.box_sweep(maps, boxes)


# ---- boxes follow their pictures ----


@pytest.mark.parametrize("augment", ["crop_flip", "imagenet"])
@pytest.mark.parametrize("size", [(16, 16), (28, 28), (14, 28), (40, 24)])
@pytest.mark.parametrize("sides", [(16, 16), (32, 20), (24, 56)])
def test_boxes_follow_resized_and_cropped_pictures(augment, size, sides):
    """A bright box, moved as a picture, lies where the moved box says, up to the blur of its edges."""
    draw = np.random.default_rng(0)
    boxes = np.array([[1, 2, 10, 12], [0, 0, *sides], [5, 4, 14, 15], [3, 3, 12, 9]], np.int32)
    images = np.zeros((4, *sides, 3), np.uint8)
    for image, (top, left, bottom, right) in zip(images, boxes, strict=True):
        image[top:bottom, left:right] = 255
    preprocessing = pipeline.Preprocessing(size, (0.0,) * 3, (1.0,) * 3, augment=augment)
    split = datasets.ArraySplit(images, draw.integers(0, 2, 4).astype(np.int32), boxes)
    ((pictures, _),) = pipeline.test_batches(split, preprocessing, batch_size=4)
    moved = move_boxes(boxes, sides, preprocessing)
    assert (moved >= 0).all()
    assert (moved <= np.tile(size, 2)).all()
    for picture, box in zip(pictures.numpy()[..., 0] > 127, moved, strict=True):
        found, largest = regions(picture)
        if (box[2:] - box[:2]).min() > 1:
            np.testing.assert_allclose(found[largest], box, atol=1)
        else:  # cut away by the crop
            assert (found[largest][2:] - found[largest][:2]).min() <= 2


# ---- mixed pictures ----


def test_each_class_is_seen_where_its_part_of_the_mix_is():
    """Red and green pictures, pasted: the map of a class is bright on its own pixels alone."""
    images = np.zeros((2, SIZE, SIZE, 3), np.uint8)
    images[0, ..., 0] = images[1, ..., 1] = 200
    mixed, partner, own, other = mixed_maps(colors(), images, np.array([0, 1]), cm.CutMix(), seed=(1, 3))
    np.testing.assert_array_equal(partner, [1, 0])
    for index, (own_map, other_map) in enumerate(zip(own, other, strict=True)):
        pasted = mixed[index, ..., 1 - index] > 0
        assert pasted.any()
        assert own_map[~pasted].min() > own_map[pasted].max()
        assert other_map[pasted].min() > other_map[~pasted].max()
    assert len(draw_mixed_cams(images, mixed, partner, own, other).axes) == 10


def test_mixes_that_tell_no_pairs_are_refused():
    images = pictures(2)
    with pytest.raises(ValueError, match="different classes"):
        mixed_maps(colors(), images, np.array([1, 1]), cm.CutMix())
    with pytest.raises(ValueError, match="pastes or blends pairs"):
        mixed_maps(colors(), images, np.array([0, 1]), cm.Cutout(size=3))
