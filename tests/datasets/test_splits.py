"""What all splits promise, in memory and as streams: places, selections, attention maps, batches, steps."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import slow_but
from helpers.tiny_sets import MANY_SIZES, EncodedSplit, decoded, fill_folder, prepare

from cutmix_tf import datasets

COUNT = 11


def array_split(_directory=None):
    """Each image's number in its label and in all its pixels; a box and a mask for each."""
    numbers = np.arange(COUNT, dtype=np.int32)
    images = np.broadcast_to(numbers.astype(np.uint8)[:, None, None, None], (COUNT, 6, 8, 3))
    boxes = numbers[:, None] + np.array([0, 1, 2, 3], np.int32)
    return datasets.ArraySplit(images, numbers, boxes, np.ones((COUNT, 6, 8), bool))


def encoded_split(_directory=None):
    return EncodedSplit(array_split())


def folder_split(directory):
    fill_folder(directory, [f"train/class{number:02}/a.png" for number in range(COUNT)])
    return datasets.load(f"folder:{directory}").train


def record_split(directory):
    import tensorflow_datasets as tfds

    label = tfds.features.ClassLabel(num_classes=COUNT)
    labels, features = {number: number for number in range(COUNT)}, {"label": label}
    prepare(directory, shape=MANY_SIZES, splits={"train": COUNT}, labels=labels, features=features)
    return datasets.load("tiny", data_dir=str(directory)).train


MAKERS = (array_split, encoded_split, folder_split, record_split)


@pytest.fixture(params=slow_but([array_split, record_split], MAKERS), ids=lambda make: make.__name__)
def split(request, tmp_path):
    """Eleven images; the number of each is its label and its first pixel."""
    return request.param(tmp_path)


def rows(split, seed=None, batch_size=4):
    """(label, first pixel, maps…) of each example of an epoch."""
    seed = None if seed is None else tf.constant(seed)
    for image, label, *maps in split.batches(batch_size, seed).unbatch():
        yield int(label), int(tf.reshape(decoded(image), [-1])[0]), *(int(cells[0, 0]) for cells in maps)


def test_some_classes(split):
    """Their examples in the order of storage, with labels from 0 and with their maps."""
    some = split.with_attention(maps_of(range(COUNT))).of_classes(3, 7)
    assert list(rows(some)) == [(number - 3, number, number) for number in range(3, 7)]
    assert some.fingerprint != split.fingerprint
    assert sorted(rows(some, seed=(1, 2))) == list(rows(some))
    with pytest.raises(ValueError, match="At least one image of the classes 11 to 12 is needed"):
        split.of_classes(11, 13)


def maps_of(numbers):
    return np.array(numbers, np.uint8).reshape(-1, 1, 1)


def test_an_epoch_has_each_example_once(split):
    assert len(split) == COUNT
    assert list(rows(split)) == [(number, number) for number in range(COUNT)]
    orders = [list(rows(split, seed)) for seed in ((1, 0), (1, 1), (1, 0))]
    assert sorted(orders[0]) == sorted(orders[1]) == [(number, number) for number in range(COUNT)]
    assert orders[0] == orders[2] != orders[1]
    assert [len(labels) for _, labels in split.batches(4)] == [4, 4, 3]


def test_a_selection_keeps_order_and_maps(split):
    places = np.array([1, 2, 5, 10])
    some = split.with_attention(maps_of(range(COUNT))).select(places)
    expected = [(place, place, place) for place in places]
    assert len(some) == 4
    assert list(rows(some)) == expected
    assert sorted(rows(some, (3, 4))) == expected
    assert some.fingerprint not in (split.fingerprint, split.select([1, 2, 5, 9]).fingerprint)
    again = some.select([0, 3])
    assert list(rows(again)) == [expected[0], expected[3]]
    assert type(some.random_access) is bool
    assert some.random_access == split.random_access


def test_maps_ride_along_without_changing_the_split(split):
    before = split.fingerprint
    mapped = split.with_attention(maps_of(range(100, 100 + COUNT)))
    assert mapped.fingerprint == before
    assert split.attention is None
    for seed in (None, (5, 6)):
        assert all(cells == label + 100 for label, _, cells in rows(mapped, seed))


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([2, 1], "ascending, each once"),
        ([1, 1], "ascending, each once"),
        ([0.5], "must be integers"),
        ([[1]], "must be integers"),
        ([0, COUNT], rf"in \[0, {COUNT}\); got 0 to {COUNT}"),
        ([-1, 0], rf"in \[0, {COUNT}\)"),
        (np.zeros(0, int), "at least one image; got none"),
    ],
)
def test_wrong_places(places, message):
    for split in (array_split(), encoded_split()):
        with pytest.raises(ValueError, match=message):
            split.select(places)


def test_wrong_maps():
    for split in (array_split(), encoded_split()):
        with pytest.raises(ValueError, match=r"attention must be uint8 \(11, 2, 2\); got uint8 \(10, 2, 2\)"):
            split.with_attention(np.zeros((10, 2, 2), np.uint8))
        with pytest.raises(ValueError, match=r"attention must be uint8 .*; got float32"):
            split.with_attention(np.zeros((11, 2, 2), np.float32))
        with pytest.raises(ValueError, match=r"must be uint8 \(n, rows, columns\); got shape \(11, 4\)"):
            split.with_attention(np.zeros((11, 4), np.uint8))


def test_wrong_batch_sizes():
    for split in (array_split(), encoded_split()):
        with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
            split.batches(0)
        with pytest.raises(TypeError, match=r"batch_size must be a whole number; got 1\.5"):
            split.batches(1.5)


@pytest.mark.parametrize(("batch_size", "steps", "whole"), [(1, 11, 11), (3, 4, 3), (11, 1, 1), (12, 1, None)])
def test_steps_per_epoch(batch_size, steps, whole):
    split = array_split()
    assert split.steps_per_epoch(batch_size) == steps
    if whole is not None:
        assert split.steps_per_epoch(batch_size, static_shapes=True) == whole
        return
    with pytest.raises(ValueError, match=r"whole batch of 12; there are 11 examples\. Use a smaller batch_size\."):
        split.steps_per_epoch(batch_size, static_shapes=True)


def hold_as_constant(held):
    """Stands for a data service: notes what is held, and holds it in the graph."""

    def hold(name, array):
        held[name] = array
        return lambda: tf.constant(array)

    return hold


def test_shared_batches_of_arrays_are_the_numbered_batches():
    split, seed, held = array_split().with_attention(maps_of(range(COUNT))), tf.constant((1, 2)), {}
    shared = list(split.shared_batches(4, seed, range(1, 3), hold_as_constant(held)).as_numpy_iterator())
    local = list(split.batches(4, seed).as_numpy_iterator())
    assert [int(number) for number, _ in shared] == [1, 2]
    for number, batch in shared:
        for ours, expected in zip(batch, local[number], strict=True):
            np.testing.assert_array_equal(ours, expected)
    assert [name.partition(".")[2] for name in held] == ["images", "labels", "attention"]


def test_shared_batches_of_a_stream_hold_all_examples():
    split, held = encoded_split().with_attention(maps_of(range(COUNT))), {}
    shared = list(split.shared_batches(4, tf.constant((1, 2)), range(1, 3), hold_as_constant(held)).as_numpy_iterator())
    assert len({int(number) for number, _ in shared}) == 3
    labels, maps = (np.concatenate([batch[part] for _, batch in shared]) for part in (1, 2))
    np.testing.assert_array_equal(maps[:, 0, 0], labels)
    np.testing.assert_array_equal(np.sort(labels), np.arange(COUNT))
    assert [array.dtype for array in held.values()] == [np.uint8]


def test_boxes_of_arrays_come_with_the_size_of_their_images():
    split = array_split()
    boxes, sizes = split.select([3, 7]).object_boxes()
    np.testing.assert_array_equal(boxes, split.boxes[[3, 7]])
    np.testing.assert_array_equal(sizes, [[6, 8], [6, 8]])
    assert encoded_split().object_boxes() is None
    assert encoded_split().select([3]).object_boxes() is None
    assert (split.image_size, encoded_split().image_size) == ((6, 8), None)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": np.zeros((0, 8, 8, 3), np.uint8), "labels": np.zeros(0, np.int32)}, "at least one image; got none"),
        ({"images": np.zeros((2, 8, 8, 3), np.float32)}, r"images must be uint8 .*; got float32"),
        ({"images": np.zeros((2, 8, 8), np.uint8)}, "images must be uint8"),
        ({"labels": np.zeros(3, np.int32)}, r"labels must be int32 \(2,\); got int32 \(3,\)"),
        ({"labels": np.zeros(2, np.int64)}, r"labels must be int32 \(2,\); got int64 \(2,\)"),
        ({"boxes": np.zeros((2, 5), np.int32)}, r"boxes must be int32 \(2, 4\); got int32 \(2, 5\)"),
        ({"masks": np.zeros((2, 8, 9), bool)}, r"masks must be bool \(2, 8, 8\); got bool \(2, 8, 9\)"),
    ],
)
def test_wrong_arrays(arrays, message):
    with pytest.raises(ValueError, match=message):
        datasets.ArraySplit(**{"images": np.zeros((2, 8, 8, 3), np.uint8), "labels": np.zeros(2, np.int32), **arrays})


class Shorter(EncodedSplit):
    """Holds an example less than it says."""

    def read(self, seed=None):
        return super().read(seed).take(len(self) - 1)


def test_a_stream_shorter_than_it_says_fails_at_the_end_of_the_epoch():
    with pytest.raises(tf.errors.FailedPreconditionError, match="11 elements"):
        list(Shorter(array_split()).batches(4))
