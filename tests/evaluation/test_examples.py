"""The images that a model is evaluated on: order, limits, boxes, and sets that don't fit."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from helpers.evaluated_models import planted, red_or_green, without_boxes

from cutmix_tf import datasets
from cutmix_tf import evaluation as ev


@pytest.mark.slow
def test_examples_are_the_test_split_in_order(model, small_set):
    examples = ev.load_examples(model, small_set)
    np.testing.assert_array_equal(examples.images, small_set.test.images)
    np.testing.assert_array_equal(examples.labels, small_set.test.labels)
    np.testing.assert_array_equal(examples.boxes, small_set.test.boxes)
    assert (examples.name, examples.class_names) == ("small", tuple("abcd"))
    assert ev.load_examples(model, without_boxes()).boxes is None


def test_a_model_of_some_classes_is_evaluated_on_these(model):
    some = dataclasses.replace(model, dataset="shapes", classes=(3, 7))
    examples, shapes = ev.load_examples(some), datasets.load("shapes")
    assert examples.class_names == shapes.class_names[3:7]
    np.testing.assert_array_equal(examples.labels, shapes.test.labels[np.isin(shapes.test.labels, range(3, 7))] - 3)


def test_a_limit_takes_the_same_examples_each_time(model, small_set):
    some, again = (ev.load_examples(model, small_set, limit=20) for _ in range(2))
    np.testing.assert_array_equal(some.images, again.images)
    places = [np.flatnonzero((small_set.test.images == image).all(axis=(1, 2, 3)))[0] for image in some.images]
    assert len(set(places)) == 20
    np.testing.assert_array_equal(small_set.test.labels[places], some.labels)
    np.testing.assert_array_equal(small_set.test.boxes[places], some.boxes)
    assert len(ev.load_examples(model, small_set, limit=1000)) == 60


def test_a_limit_takes_examples_of_all_classes_of_a_folder(model, small_set, tmp_path):
    for index, (image, label) in enumerate(zip(small_set.test.images, small_set.test.labels, strict=True)):
        folder = tmp_path / "test" / "abcd"[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{index}.png").write_bytes(tf.io.encode_png(image).numpy())
    name = f"folder:{tmp_path}"
    assert len(ev.load_examples(model, name)) == 60
    some = ev.load_examples(model, name, limit=20)
    assert set(some.labels) == {0, 1, 2, 3}
    assert len(some) == 20
    np.testing.assert_array_equal(ev.load_images(model, name, limit=20), some.images)


@pytest.mark.parametrize("augment", ["none", "imagenet"])
def test_boxes_are_moved_with_their_images(augment):
    """Red and green rectangles near the center: the model finds them in the resized and cropped images."""
    images, labels, boxes = planted(size=40)
    images = np.pad(images, [(0, 0), (8, 8), (16, 16), (0, 0)], constant_values=20)
    boxes += np.array([8, 16, 8, 16], np.int32)
    split = datasets.ArraySplit(images, labels.astype(np.int32), boxes)
    far = datasets.ImageSet("far", ("red", "green"), (0.0,) * 3, (1.0,) * 3, {"test": split})
    examples = ev.load_examples(red_or_green(32, augment=augment), far)
    assert examples.images.shape == (20, 32, 32, 3)
    for image, label, box in zip(examples.images, examples.labels, examples.boxes, strict=True):
        rows, columns = np.nonzero(image[..., label] > 110)
        found = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
        np.testing.assert_allclose(found, box, atol=1)


def test_a_set_is_needed_that_fits(model):
    with pytest.raises(ValueError, match="small has 4 classes, but five has 5"):
        ev.load_examples(model, without_boxes("five", "abcde"))
    with pytest.raises(ValueError, match="The dataset of colors is unknown"):
        ev.load_examples(red_or_green())
    with pytest.raises(ValueError, match="limit must be at least 1"):
        ev.load_examples(model, without_boxes(), limit=0)
