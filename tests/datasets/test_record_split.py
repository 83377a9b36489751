"""Boxes of prepared sets: in pixels, with the sizes of their images, in memory and as a stream."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from helpers.tiny_sets import MANY_SIZES, prepare

from cutmix_tf import datasets, pipeline
from cutmix_tf.datasets import _record_split

SIZES = [(40, 40), (48, 60), (60, 44), (33, 80), (90, 41), (52, 52), (64, 36), (36, 64), (45, 77)]
COUNT = len(SIZES)


def planted(number):
    """An image with one bright rectangle on dark ground, and the rectangle."""
    height, width = SIZES[number]
    image = np.full((height, width, 3), 20, np.uint8)
    top, left = height // 2 - 9 + number % 3, width // 2 - 11 + number % 4
    box = np.array([top, left, top + 14 + number, left + 17], np.int32)
    image[top : box[2], left : box[3], number % 2] = 220
    return image, box


def prepare_planted(directory, encode=lambda image: image):
    """The images as a set of many sizes, with the feature bbox, in several files."""

    def bbox(number):
        _, box = planted(number)
        return tfds.features.BBox(*(box / np.tile(SIZES[number], 2)).tolist())

    images = {number: encode(planted(number)[0]) for number in range(COUNT)}
    features = {"bbox": tfds.features.BBoxFeature()}
    prepare(directory, splits={"test": COUNT}, shape=MANY_SIZES, images=images, features=features, bbox=bbox)


def test_boxes_in_memory_are_in_pixels(tmp_path):
    box = tfds.features.BBox(0.25, 0.1, 1.0, 0.5)
    prepare(tmp_path, features={"bbox": tfds.features.BBoxFeature()}, bbox=lambda number: box)
    boxes, sizes = datasets.load("tiny", data_dir=str(tmp_path)).train.object_boxes()
    np.testing.assert_array_equal(boxes, [[2, 1, 8, 5]] * 5)
    np.testing.assert_array_equal(sizes, [[8, 10]] * 5)
    assert boxes.dtype == sizes.dtype == np.int32


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_stream_gives_boxes_in_the_order_of_storage(tmp_path, kind):
    prepare_planted(
        tmp_path, (lambda image: tf.io.encode_jpeg(image).numpy()) if kind == "jpeg" else lambda image: image
    )
    test = datasets.load("tiny", data_dir=str(tmp_path)).test
    assert not test.random_access
    for split, numbers in ((test, range(COUNT)), (test.select([1, 4, 8]), [1, 4, 8])):
        boxes, sizes = split.object_boxes()
        np.testing.assert_array_equal(boxes, [planted(number)[1] for number in numbers])
        np.testing.assert_array_equal(sizes, [SIZES[number] for number in numbers])
        assert boxes.dtype == sizes.dtype == np.int32


def test_boxes_of_a_slice(tmp_path):
    prepare_planted(tmp_path)
    test = datasets.load("tiny", data_dir=str(tmp_path), test_split="test[7:]+test[2:4]").test
    np.testing.assert_array_equal(test.object_boxes().boxes, [planted(number)[1] for number in (7, 8, 2, 3)])


def test_boxes_are_read_only_when_asked_for(tmp_path, monkeypatch):
    prepare_planted(tmp_path)
    test = datasets.load("tiny", data_dir=str(tmp_path)).test

    def never(box, size):
        raise AssertionError("boxes were read")

    monkeypatch.setattr(_record_split, "in_pixels", never)
    preprocessing = pipeline.Preprocessing((16, 16), (0,) * 3, (1,) * 3)
    images, _ = next(iter(pipeline.train_batches(test, preprocessing, batch_size=COUNT, seed=0)))
    assert images.shape == (COUNT, 16, 16, 3)


def test_several_boxes_an_image_are_not_one(tmp_path):
    boxes = [tfds.features.BBox(0.0, 0.0, 0.5, 0.5)] * 2
    features = {"bbox": tfds.features.Sequence(tfds.features.BBoxFeature())}
    prepare(tmp_path, shape=MANY_SIZES, features=features, bbox=lambda number: boxes)
    assert datasets.load("tiny", data_dir=str(tmp_path)).test.object_boxes() is None
