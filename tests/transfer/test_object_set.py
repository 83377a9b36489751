"""Detection sets by name: what is read, what is left out, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from helpers import tiny_sets

from cutmix_tf.transfer import load_objects, make_scenes
from cutmix_tf.transfer._object_batches import plain_batches, train_batches

NAMES = ["ant", "bee", "cat"]
NOTHING = np.zeros((0, 4), np.float32)
STORED = [  # boxes of images 0 to 3, as TFDS stores them; the images have 8 × 10 pixels
    np.array([[0.25, 0.1, 0.75, 0.5], [0.0, 0.0, 1.0, 1.0]], np.float32),
    NOTHING,
    np.array([[0.5, 0.2, 0.5, 0.9], [0.5, 0.5, 1.5, 1.2]], np.float32),  # one without area, one that sticks out
    np.array([[0.0, 0.5, 0.5, 1.0]], np.float32),
]
LABELS = [[0, 2], [], [1, 1], [2]]
DIFFICULT = [[False, True], [], [False, False], [False]]


def prepare(folder, name="boxed", **splits):
    """A set of four images with the objects above, in two splits."""
    label, box = tfds.features.ClassLabel(names=NAMES), tfds.features.Tensor(shape=(4,), dtype=tf.float32)
    objects = {"bbox": box, "label": label, "is_difficult": tf.bool}
    return tiny_sets.prepare(
        folder,
        name,
        splits=splits or {"train": 4, "test": 4},
        features={"objects": tfds.features.Sequence(objects)},
        objects=lambda k: {
            "bbox": STORED[k % 4],
            "label": np.array(LABELS[k % 4], np.int64),
            "is_difficult": np.array(DIFFICULT[k % 4], bool),
        },
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    prepare(folder)
    tiny_sets.prepare(folder, "plain")
    return str(folder)


def objects_of(split):
    return [batch.objects[0] for batch in plain_batches(split, (16, 20), 1)]


def test_boxes_are_read_in_pixels_and_clipped(folder):
    data = load_objects("boxed", data_dir=folder)
    first, none, clipped, last = objects_of(data.test)
    assert data.class_names == tuple(NAMES)
    np.testing.assert_allclose(first.boxes, [[2, 1, 6, 5], [0, 0, 8, 10]], atol=1e-5)
    assert first.labels.tolist() == [0, 2]
    assert first.ignored.tolist() == [False, True]
    assert none.boxes.shape == (0, 4)  # an image without objects is kept
    np.testing.assert_allclose(clipped.boxes, [[4, 5, 8, 10]])  # the box without area is left out
    np.testing.assert_allclose(last.boxes, [[0, 5, 4, 10]])


def test_images_come_with_their_placement(folder):
    (batch,) = plain_batches(load_objects("boxed", data_dir=folder).test, (16, 20), 8)
    assert batch.images.shape == (4, 16, 20, 3)
    assert [image.shape for image in batch.originals] == [(8, 10, 3)] * 4
    np.testing.assert_array_equal(batch.images[3], np.full((16, 20, 3), 3.0))


def test_training_batches_hold_boxes_and_padding(folder):
    data = load_objects("boxed", data_dir=folder)
    inputs, targets = next(iter(train_batches(data.train, (16, 20), 4, seed=0, epoch=0, flip=False)))
    order = [int(image[0, 0, 0]) for image in inputs["images"].numpy()]
    assert sorted(order) == [0, 1, 2, 3]
    by_image = {number: (targets["boxes"][k].numpy(), targets["classes"][k].numpy()) for k, number in enumerate(order)}
    assert by_image[0][0].tolist() == [[4, 2, 12, 10]]  # twice as large; the difficult object is left out
    assert by_image[0][1].tolist() == [0]
    assert by_image[1][0].tolist() == [[-1] * 4]  # all background
    assert by_image[1][1].tolist() == [-1]


@pytest.mark.slow
def test_epochs_differ_and_repeat(folder):
    data = load_objects("boxed", data_dir=folder)

    def order(epoch):
        batches = train_batches(data.train, (8, 10), 3, seed=0, epoch=epoch)
        return np.concatenate([batch[0]["images"][:, 0, 0, 0] for batch in batches]).tolist()

    orders = [order(epoch) for epoch in range(3)]
    assert all(sorted(each) == [0, 1, 2, 3] for each in orders)
    assert orders[0] != orders[1] or orders[1] != orders[2]
    assert orders[1] == order(1)


@pytest.mark.slow
def test_flips_move_boxes(folder):
    data = load_objects("boxed", data_dir=folder, classes=(2, 3), train_split="train[3:]")
    seen = set()
    for epoch in range(5):
        ((_, targets),) = train_batches(data.train, (8, 10), 1, seed=0, epoch=epoch)
        seen.add(tuple(targets["boxes"][0, 0].numpy().tolist()))
    assert seen == {(0, 5, 4, 10), (0, 0, 4, 5)}


def test_some_classes_alone(folder):
    data = load_objects("boxed", data_dir=folder, classes=(1, 2))
    (only,) = objects_of(data.train)
    assert (data.class_names, data.train.count, only.labels.tolist()) == (("bee",), 1, [0])


def test_another_set_is_trained_on_too(folder, tmp_path):
    prepare(tmp_path, train=4, test=4)
    prepare(tmp_path, "more", train=2)
    data = load_objects("boxed", extra="more", data_dir=str(tmp_path))
    assert (data.train.count, len(objects_of(data.train)), data.test.count) == (6, 6, 4)


def test_one_box_an_image_and_a_label_out_of_range(tmp_path):
    box = tfds.features.Tensor(shape=(4,), dtype=tf.float32)
    boxes = {"features": {"bbox": box}, "bbox": lambda k: np.array([0, 0, 0.5, 1], np.float32)}
    tiny_sets.prepare(tmp_path, "single", **boxes)
    tiny_sets.prepare(tmp_path, "wrong", labels={1: 7}, **boxes)
    data = load_objects("single", data_dir=str(tmp_path))
    assert [each.boxes.tolist() for each in objects_of(data.train)] == [[[0, 0, 4, 10]]] * 5
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)Labels of wrong must be in \[0, 3\).*test, image"):
        objects_of(load_objects("wrong", data_dir=str(tmp_path)).test)


def test_validation_is_the_test_split_where_there_is_no_other(tmp_path):
    prepare(tmp_path, train=2, validation=3)
    assert load_objects("boxed", data_dir=str(tmp_path)).test.name == "validation of boxed"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("boxd", {}, "no detection set called 'boxd'"),
        ("boxed", {"test_split": "tset"}, "no split 'tset'.*'test'"),
        ("boxed", {"classes": (2, 9)}, "end of classes must be at least 3 and at most 3; got 9"),
        ("boxed", {"classes": (1, 2), "test_split": "test[:2]"}, "none in test.* classes 1 to 1"),
        ("scenes", {"train_split": "train[:10%]"}, "scenes come as they are"),
        ("plain", {}, "needs images and objects with bbox and label; plain has"),
    ],
)
def test_errors(folder, name, options, message):
    with pytest.raises(ValueError, match=message):
        load_objects(name, data_dir=folder, **options)


def test_scenes_are_a_set_by_name(monkeypatch):
    monkeypatch.setattr("cutmix_tf.transfer._object_set.COUNTS", {"train": 5, "test": 2})
    data = load_objects("scenes")
    assert (len(data.class_names), data.train.count, data.test.count) == (10, 5, 2)
    images, objects = make_scenes(2, split="test")
    batches = list(plain_batches(data.test, (96, 128), 1))
    assert len(batches) == 2
    for batch, image, each in zip(batches, images, objects, strict=True):
        np.testing.assert_array_equal(batch.images[0], image)
        np.testing.assert_array_equal(batch.objects[0].boxes, each.boxes)
        np.testing.assert_array_equal(batch.objects[0].labels, each.labels)
    _, targets = next(iter(train_batches(data.train, (96, 128), 5, seed=0, epoch=0)))
    assert np.sum(targets["classes"] >= 0) == sum(len(each.boxes) for each in make_scenes(5)[1])


def test_scenes_show_what_their_boxes_say():
    images, objects = make_scenes(12)
    again, _ = make_scenes(12)
    other, _ = make_scenes(12, split="test")
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images, other)
    assert images.shape == (12, 96, 128, 3)
    assert {len(each.boxes) for each in objects} <= {1, 2, 3, 4}
    assert len({len(each.boxes) for each in objects}) > 1
    outside, inside = [], []
    for image, each in zip(images.astype(float), objects, strict=True):
        marked = np.zeros(image.shape[:2], bool)
        for top, left, bottom, right in each.boxes.astype(int):
            assert 0 <= top < bottom <= 96
            assert 0 <= left < right <= 128
            assert not marked[top:bottom, left:right].any(), "objects overlap"
            marked[top:bottom, left:right] = True
        edges = np.abs(np.diff(image, axis=0)).max(axis=-1)
        pairs = marked[1:] | marked[:-1]
        outside.append(edges[~pairs].max())
        inside.append(edges[pairs].max())
    assert max(outside) < min(inside)  # backgrounds are soft, and all edges are inside boxes
