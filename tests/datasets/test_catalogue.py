"""Datasets by name: prepared TFDS sets, the built-in shapes, the sets that are there, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers.tiny_sets import MANY_SIZES, epoch, image_of, prepare

from cutmix_tf import datasets

REAL = Path(os.environ.get("TFDS_DATA_DIR") or Path(__file__).parents[3] / "shared" / "data" / "tfds")


# ---- TFDS ----


def test_a_set_of_equal_sized_images_is_in_memory(tmp_path):
    prepare(tmp_path)
    tiny = datasets.load("tiny", data_dir=str(tmp_path))
    assert (tiny.name, tiny.class_names, tiny.num_classes) == ("tiny", ("ant", "bee", "cat"), 3)
    assert tiny.mean == pytest.approx((123.675, 116.28, 103.53))
    assert tiny.std == pytest.approx((58.395, 57.12, 57.375))
    assert isinstance(tiny.train, datasets.ArraySplit)
    assert tiny.train.image_size == (8, 10)
    np.testing.assert_array_equal(tiny.train.images, [image_of(number) for number in range(5)])
    np.testing.assert_array_equal(tiny.train.labels, [0, 1, 2, 0, 1])
    np.testing.assert_array_equal(tiny.test.labels, [0, 1, 2])
    assert tiny.train.object_boxes() is None


def test_a_set_that_does_not_fit_is_a_stream_of_one_size(tmp_path, monkeypatch):
    monkeypatch.setattr("cutmix_tf.datasets._prepared.IN_MEMORY", 5 * 8 * 10 * 3 - 1)
    prepare(tmp_path)
    tiny = datasets.load("tiny", data_dir=str(tmp_path), validation_split="train[:4]", train_split="train[4:]")
    assert [split.random_access for split in tiny.splits.values()] == [True, True, True]
    whole = datasets.load("tiny", data_dir=str(tmp_path)).train
    assert not whole.random_access
    assert whole.image_size == (8, 10)


def test_a_set_of_many_sizes_is_a_stream(tmp_path):
    prepare(tmp_path, shape=MANY_SIZES, splits={"train": 9, "validation": 3})
    tiny = datasets.load("tiny", data_dir=str(tmp_path))
    assert isinstance(tiny.train, datasets.StreamSplit)
    assert tiny.train.image_size is None
    assert (len(tiny.train), len(tiny.test)) == (9, 3)
    stored = [(number % 3, number) for number in range(9)]
    assert epoch(tiny.train) == stored
    orders = [epoch(tiny.train, seed) for seed in ((1, 0), (1, 1), (1, 0))]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(stored)
    assert orders[0] == orders[2]
    assert orders[0] != orders[1]
    tf.random.set_seed(3)
    assert epoch(tiny.train, (1, 0)) == orders[0]


@pytest.mark.slow
def test_streams_are_shuffled_across_shards_and_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("cutmix_tf.datasets._records.BLOCK", 8)
    monkeypatch.setattr("cutmix_tf.datasets._records.INTERLEAVED", 2)
    prepare(tmp_path, shape=MANY_SIZES, splits={"train": 20})
    train = datasets.load("tiny", data_dir=str(tmp_path)).train
    orders = [[number for _, number in epoch(train, (seed, 0))] for seed in range(4)]
    assert all(sorted(order) == list(range(20)) for order in orders)
    firsts = {order[0] for order in orders}
    assert any(first >= 8 for first in firsts)  # beyond the first block in the files' order
    assert any(first % 2 for first in firsts)  # not the first of its file


def test_gray_images_become_three_channels(tmp_path):
    prepare(tmp_path, shape=(8, 10, 1))
    images = datasets.load("tiny", data_dir=str(tmp_path)).train.images
    np.testing.assert_array_equal(images, [image_of(number) for number in range(5)])


def test_the_directory_comes_from_the_environment(tmp_path, monkeypatch):
    prepare(tmp_path)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert len(datasets.load("tiny").train) == 5


# ---- what is refused ----


def test_an_unknown_name(tmp_path):
    prepare(tmp_path, "my_flowers")
    message = r"no dataset called 'cifar1000'. Did you mean 'cifar100'\? .*; prepared in .*: my_flowers\."
    with pytest.raises(ValueError, match=message):
        datasets.load("cifar1000", data_dir=str(tmp_path))
    with pytest.raises(ValueError, match=r"Did you mean 'my_flowers'\?"):
        datasets.load("my_flower", data_dir=str(tmp_path))
    with pytest.raises(ValueError, match=r"Did you mean 'shapes'\? .* prepared in .*nowhere: none\."):
        datasets.load("shape", data_dir=str(tmp_path / "nowhere"))


def test_a_set_that_is_not_prepared(tmp_path):
    message = (
        rf"'cifar100' must be prepared .* nothing in {tmp_path}/cifar100/.*"
        rf"Run tfds build cifar100 --data_dir {tmp_path}, or use --download"
    )
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("cifar100", data_dir=str(tmp_path))


def test_a_download_that_fails(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    def fail(self):
        raise OSError("no route to host.")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(RuntimeError, match=r"'cifar100' could not be downloaded .*: no route to host\. Try tfds build"):
        datasets.load("cifar100", data_dir=str(tmp_path), download=True)


def test_a_set_with_many_labels_an_image(tmp_path):
    with pytest.raises(ValueError, match=r"needs the features image .* and label .*; voc has image, .*labels"):
        datasets.load("voc", data_dir=str(tmp_path))


@pytest.mark.parametrize("shape", [(8, 10, 3), MANY_SIZES], ids=["array", "stream"])
def test_a_missing_file(tmp_path, shape):
    (prepare(tmp_path, shape=shape) / "tiny-train.tfrecord-00001-of-00003").unlink()
    message = (
        r"3 files are needed for split 'train' of tiny/1.0.0 in .*; 1 of them are missing, the first is "
        r"tiny-train.tfrecord-00001-of-00003\. The dataset is half-written or damaged: delete its directory"
    )
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("tiny", data_dir=str(tmp_path))


@pytest.mark.parametrize("shape", [(8, 10, 3), MANY_SIZES], ids=["array", "stream"])
def test_a_truncated_file(tmp_path, shape):
    file = prepare(tmp_path, shape=shape) / "tiny-train.tfrecord-00001-of-00003"
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(ValueError, match=r"At least \d+ bytes are needed for split 'train' .*; its files have \d+\."):
        datasets.load("tiny", data_dir=str(tmp_path))


def test_the_last_byte_missing(tmp_path):
    file = prepare(tmp_path) / "tiny-train.tfrecord-00002-of-00003"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"can't read 1 of 5 examples of .* 'train' .*00002-of.* record 0 .*truncated"):
        datasets.load("tiny", data_dir=str(tmp_path))


def test_another_number_of_records_than_the_metadata_say(tmp_path):
    where = prepare(tmp_path)
    longer, shorter = (where / f"tiny-train.tfrecord-0000{i}-of-00003" for i in (0, 2))
    shorter.write_bytes(longer.read_bytes())
    with pytest.raises(ValueError, match=r"5 examples are expected in split 'train' .*; its files hold more"):
        datasets.load("tiny", data_dir=str(tmp_path))


def test_a_label_that_is_not_a_class(tmp_path):
    prepare(tmp_path / "array", labels={2: 3})
    with pytest.raises(ValueError, match=r"00001-of-00003 record 0 \(label 3 is not in \[0, 3\)\)"):
        datasets.load("tiny", data_dir=str(tmp_path / "array"))
    prepare(tmp_path / "stream", labels={3: -1}, shape=MANY_SIZES)
    train = datasets.load("tiny", data_dir=str(tmp_path / "stream")).train
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Labels must be in(.|\n)*-1(.|\n)*record(.|\n)*1"):
        list(train.batches(4))


def test_arrays_with_a_label_that_is_not_a_class():
    arrays = datasets.ArraySplit(np.zeros((3, 8, 8, 3), np.uint8), np.array([0, 5, 1], np.int32))
    with pytest.raises(ValueError, match=r"Labels of mine must be in \[0, 2\); got 5 at index 1 of split 'train'"):
        datasets.ImageSet("mine", ("a", "b"), (0, 0, 0), (1, 1, 1), {"train": arrays})


# ---- the sets that are there ----


def test_shapes():
    shapes = datasets.load("shapes")
    assert (len(shapes.train), len(shapes.test), shapes.num_classes) == (1000, 1000, 10)
    assert shapes.train.images.shape == (1000, 32, 32, 3)
    assert shapes.train.masks.shape == (1000, 32, 32)
    assert shapes.train.boxes.shape == (1000, 4)
    assert np.any(shapes.train.images != shapes.test.images)
    np.testing.assert_allclose(shapes.mean, shapes.train.images.mean((0, 1, 2)), atol=0.1)
    np.testing.assert_allclose(shapes.std, shapes.train.images.std((0, 1, 2)), atol=0.1)


@pytest.mark.slow
@pytest.mark.skipif(not (REAL / "cifar10").is_dir(), reason="needs CIFAR-10 in TFDS_DATA_DIR")
def test_cifar10():
    cifar = datasets.load("cifar10", data_dir=str(REAL))
    assert cifar.train.images.shape == (50_000, 32, 32, 3)
    assert cifar.test.images.shape == (10_000, 32, 32, 3)
    np.testing.assert_array_equal(np.bincount(cifar.train.labels), [5000] * 10)
    assert cifar.class_names[:3] == ("airplane", "automobile", "bird")
    assert (cifar.mean, cifar.std) == ((125.3, 123.0, 113.9), (63.0, 62.1, 66.7))
    # A rough JPEG decoder is off by -1.1 in red and blue.
    np.testing.assert_allclose(cifar.train.images.mean((0, 1, 2)), cifar.mean, atol=0.1)


@pytest.mark.skipif(not (REAL / "tiny_imagenet50").is_dir(), reason="needs tiny_imagenet50 in TFDS_DATA_DIR")
def test_boxes_of_real_images():
    test = datasets.load("tiny_imagenet50", data_dir=str(REAL), train_split="train[:1]").test
    top, left, bottom, right = test.boxes.T
    assert len(test) == 2500
    assert test.boxes.min() == 0
    assert test.boxes.max() == 64
    assert np.all((top < bottom) & (left < right))
    assert abs(np.mean((bottom - top) * (right - left)) / 64**2 - 0.49) < 0.02
