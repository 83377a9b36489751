"""Boxes of sets that are read as a stream: moved as their pictures are, whatever the sizes of these."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_evaluation_maps import colors
from tiny_sets import prepare

from cutmix_tf import datasets, pipeline
from cutmix_tf import evaluation as ev
from cutmix_tf.evaluation._suites import usual_suites

COUNT = 9
SIDES = [(40, 40), (48, 60), (60, 44), (33, 80), (90, 41), (52, 52), (64, 36), (36, 64), (45, 77)]


def planted(number):
    """A picture of one rectangle near its center, red or green by its label, on dark ground; and the rectangle."""
    height, width = SIDES[number]
    image = np.full((height, width, 3), 20, np.uint8)
    top, left = height // 2 - 9 + number % 3, width // 2 - 11 + number % 4
    box = np.array([top, left, top + 14 + number, left + 17], np.int32)
    image[top : box[2], left : box[3], number % 2] = 220
    return image, box


def prepare_planted(directory):
    """The pictures as a set of many sizes, with the feature bbox, in several files."""
    import tensorflow_datasets as tfds

    def bbox(number):
        _, box = planted(number)
        return tfds.features.BBox(*(box / np.tile(SIDES[number], 2)).tolist())

    prepare(
        directory,
        splits={"train": COUNT, "test": COUNT},
        shape=(None, None, 3),
        labels={number: number % 2 for number in range(COUNT)},
        pictures={number: planted(number)[0] for number in range(COUNT)},
        features={"label": tfds.features.ClassLabel(names=["red", "green"]), "bbox": tfds.features.BBoxFeature()},
        bbox=bbox,
    )


@pytest.fixture
def planted_set(tmp_path):
    prepare_planted(tmp_path)
    return tmp_path


def network(augment="none"):
    """Follows red and green light; of the size and margin given by the augmentation."""
    model = colors().model
    return ev.Network(model, pipeline.Preprocessing((16, 16), (0.0,) * 3, (255.0,) * 3, augment), dataset="tiny")


def held_in_memory(monkeypatch, number):
    """A set whose test split is the picture of that number, in memory."""
    image, box = planted(number)
    split = datasets.ArraySplit(image[None], np.array([number % 2], np.int32), box[None])
    one = datasets.ImageSet("one", ("red", "green"), (0, 0, 0), (1, 1, 1), {"test": split})
    monkeypatch.setattr(datasets, "load", lambda name, **places: one)


def test_a_stream_gives_sizes_and_boxes_in_the_order_of_its_pictures(planted_set):
    test = datasets.load("tiny", data_dir=str(planted_set)).test
    assert isinstance(test, datasets.StreamSplit)
    for seed in (None, (3, 4)):
        pictures = [datasets.decode(image).numpy() for image, *_ in test.read(seed)]
        rows = list(test.read_boxes(seed).as_numpy_iterator())
        assert [picture.shape[:2] for picture in pictures] == [tuple(sides) for sides, _ in rows]
        for picture, (_, box) in zip(pictures, rows, strict=True):
            top, left, bottom, right = box
            assert box.dtype == np.int32
            assert (picture[top:bottom, left:right].max(axis=2) == 220).all()
            assert (picture == 220).sum() == (bottom - top) * (right - left)


def test_jpegs_tell_their_size(tmp_path):
    import tensorflow_datasets as tfds

    jpegs = {number: tf.io.encode_jpeg(planted(number)[0]).numpy() for number in range(COUNT)}
    box = tfds.features.BBox(0.0, 0.25, 0.5, 1.0)
    prepare(
        tmp_path,
        splits={"test": COUNT},
        shape=(None, None, 3),
        pictures=jpegs,
        features={"bbox": tfds.features.BBoxFeature()},
        bbox=lambda number: box,
    )
    rows = list(datasets.load("tiny", data_dir=str(tmp_path)).test.read_boxes(None).as_numpy_iterator())
    assert [tuple(sides) for sides, _ in rows] == SIDES
    expected = [np.rint([0, width / 4, height / 2, width]) for height, width in SIDES]
    np.testing.assert_array_equal([moved for _, moved in rows], expected)


@pytest.mark.parametrize("augment", ["none", "imagenet"])
def test_boxes_are_those_of_the_same_pictures_in_memory(planted_set, monkeypatch, augment):
    examples = ev.load_examples(network(augment), data_dir=str(planted_set))
    assert len(examples) == COUNT
    for number in range(COUNT):
        held_in_memory(monkeypatch, number)
        alone = ev.load_examples(network(augment))
        np.testing.assert_array_equal(examples.images[number], alone.images[0])
        np.testing.assert_array_equal(examples.boxes[number], alone.boxes[0])
        assert examples.labels[number] == alone.labels[0]


@pytest.mark.parametrize("augment", ["none", "imagenet"])
def test_a_planted_object_is_found_in_a_stream(planted_set, augment):
    task = ev.load_task(network(augment), ood=(), data_dir=str(planted_set))
    assert "wsol" in usual_suites(task)
    found = ev.evaluate(task, ["wsol"])["wsol"]
    assert (found["top1_loc"], found["gt_known_loc"], found["max_box_acc"]) == (100, 100, 100)


def test_a_limit_takes_pictures_and_their_boxes(planted_set):
    whole = ev.load_examples(network(), data_dir=str(planted_set))
    some = ev.load_examples(network(), data_dir=str(planted_set), limit=4)
    assert len(some.boxes) == len(some) == 4
    for image, box in zip(some.images, some.boxes, strict=True):
        (same,) = [number for number, other in enumerate(whole.images) if np.array_equal(image, other)]
        np.testing.assert_array_equal(box, whole.boxes[same])


def test_boxes_are_read_only_when_asked_for(planted_set):
    train = datasets.load("tiny", data_dir=str(planted_set)).train

    def never(seed):
        raise AssertionError("boxes were read")

    train = dataclasses.replace(train, read_boxes=never)
    preprocessing = pipeline.Preprocessing((16, 16), (0,) * 3, (1,) * 3)
    images, _ = next(iter(pipeline.train_batches(train, preprocessing, batch_size=COUNT, seed=0)))
    assert images.shape == (COUNT, 16, 16, 3)


def test_many_boxes_an_image_are_no_box(tmp_path):
    import tensorflow_datasets as tfds

    boxes = [tfds.features.BBox(0.0, 0.0, 0.5, 0.5)] * 2
    prepare(
        tmp_path,
        shape=(None, None, 3),
        features={"bbox": tfds.features.Sequence(tfds.features.BBoxFeature())},
        bbox=lambda number: boxes,
    )
    assert datasets.load("tiny", data_dir=str(tmp_path)).test.read_boxes is None
    inputs = keras.Input((16, 16, 3))
    three = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(inputs)))
    unboxed = ev.Network(three, network().preprocessing, dataset="tiny")
    task = ev.load_task(unboxed, ood=(), data_dir=str(tmp_path))
    with pytest.raises(ValueError, match="Localization needs a box for each picture; tiny has none"):
        ev.evaluate(task, ["wsol"])
