"""Bad data: what can't be read is named with its file and place, or left out and counted; and data that changed."""

import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import rows, slow_but
from helpers.tiny_sets import MANY_SIZES, ONE_SIZE, epoch, fill_folder, image_of, prepare

from cutmix_tf import _xla, datasets, pipeline

PLAIN = pipeline.Preprocessing((8, 8), (0, 0, 0), (1, 1, 1))
KINDS = {"array": ONE_SIZE, "stream": MANY_SIZES}
JPEG = tf.io.encode_jpeg(image_of(7, 30)).numpy()
TORN, NO_IMAGE = JPEG[:-40], b"not an image"


@pytest.fixture(params=KINDS)
def shape(request):
    """Of images held in memory, and of images read as a stream."""
    return KINDS[request.param]


def flip(file, position):
    """Flips one bit of a file."""
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)


def shard(where, number, of, split="train"):
    return where / f"tiny-{split}.tfrecord-{number:05}-of-{of:05}"


def load(directory, **options):
    return datasets.load("tiny", data_dir=str(directory), **options)


def read_all(images):
    """Every training image, as training decodes it."""
    return list(pipeline.eval_batches(images.train, PLAIN, batch_size=4))


def damage(directory, shape):
    """Nine training examples in files of two, of which 0, 3, 6 and 7 are bad, each for its own reason."""
    where = prepare(directory, shape=shape, splits={"train": 9}, images={0: NO_IMAGE}, labels={3: 3})
    flip(shard(where, 3, 5), 40)  # in the first record of two, 6; 7 is behind it
    return where


GOOD = [1, 2, 4, 5, 8]

# ---- refused ----


REASONS = {
    "not an image": ({"images": {2: NO_IMAGE}}, "record 0 .Unknown image file format"),
    "a torn JPEG": ({"images": {3: TORN}}, "record 1 .jpeg::Uncompress failed. Invalid JPEG data"),
    "an empty file": ({"images": {3: b""}}, "record 1 .Input is empty"),
    "a label too large": ({"labels": {2: 3}}, r"record 0 .label 3 is not in \[0, 3\)"),
    "a negative label": ({"labels": {3: -1}}, r"record 1 .label -1 is not in \[0, 3\)"),
}


@pytest.mark.parametrize("name", slow_but(["a torn JPEG", "a negative label"], REASONS))
def test_what_is_bad_is_named_with_its_file_and_record(tmp_path, name):
    bad, reason = REASONS[name]
    prepare(tmp_path, **bad)
    message = (
        rf"can't read 1 of 5 examples of split 'train' of tiny/1.0.0 .*-00001-of-00003 {reason}.*bad_examples='skip'"
    )
    with pytest.raises(ValueError, match=message):
        load(tmp_path)


def test_an_image_of_another_size_than_the_others(tmp_path):
    prepare(tmp_path, images={2: tf.io.encode_png(image_of(2, 9)).numpy()})
    with pytest.raises(ValueError, match=r"-00001-of-00003 record 0 .*\[9,11,3\].*\[8,10,3\]"):
        load(tmp_path)


def test_a_flipped_bit_is_named_with_all_that_is_lost(tmp_path):
    flip(shard(prepare(tmp_path), 1, 3), 40)
    message = r"can't read 2 of 5 examples .*-00001-of-00003 record 0 and the 1 behind it \(corrupted record at 12\)"
    with pytest.raises(ValueError, match=message):
        load(tmp_path)


@pytest.mark.parametrize("bad", [{"images": {2: TORN}}, {"labels": {2: 3}}, {}], ids=["jpeg", "label", "bit"])
def test_a_stream_stops_at_what_is_bad(tmp_path, bad):
    """Training reads no example twice, so what it can't read stops it there; `check` has the file and the record."""
    where = prepare(tmp_path, shape=KINDS["stream"], **bad)
    if not bad:
        flip(shard(where, 1, 3), 40)
    images = load(tmp_path)
    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.DataLossError)):
        read_all(images)


def test_only_two_ways_to_meet_bad_examples(tmp_path):
    with pytest.raises(ValueError, match=r"bad_examples must be one of 'refuse', 'skip'; got 'skp'\. Did you mean"):
        load(tmp_path, bad_examples="skp")


# ---- left out ----


def test_what_is_bad_is_left_out_and_counted(tmp_path, shape, caplog):
    damage(tmp_path, shape)
    images = load(tmp_path, bad_examples="skip")
    assert len(images.train) == len(GOOD)
    assert images.train.steps_per_epoch(2) == 3
    assert epoch(images.train) == [(number % 3, number) for number in GOOD]
    (line,) = caplog.messages
    assert line.startswith(f"Left out 4 of 9 examples of tiny train: {tmp_path}")
    places = [
        r"00000-of-00005 record 0 \(Unknown",
        r"00001-of-00005 record 1 \(label 3 is",
        r"00003-of-00005 record 0 and",
    ]
    assert re.search(r".*; .*".join(places) + r" the 1 behind it \(corrupted record at 12\)$", line)


@pytest.mark.slow
def test_each_good_example_comes_once_an_epoch_in_an_order_of_the_seed(tmp_path, shape):
    damage(tmp_path, shape)
    first, again = (load(tmp_path, bad_examples="skip").train for _ in range(2))
    orders = [epoch(first, (seed, 0)) for seed in range(2)]
    assert all(sorted(number for _, number in order) == GOOD for order in orders)
    assert len(set(map(tuple, orders))) > 1
    assert orders[0] == epoch(again, (0, 0))


@pytest.mark.slow
def test_a_training_goes_on_in_the_middle_of_an_epoch(tmp_path):
    damage(tmp_path, KINDS["stream"])
    train = load(tmp_path, bad_examples="skip").train
    options = {"batch_size": 2, "seed": 3}
    through = pipeline.train_batches(train, PLAIN, **options).take(7).as_numpy_iterator()
    further = pipeline.train_batches(train, PLAIN, **options, first_step=4).take(3).as_numpy_iterator()
    for (images, labels), (same_images, same_labels) in zip(list(through)[4:], further, strict=True):
        np.testing.assert_array_equal(images, same_images)
        np.testing.assert_array_equal(labels, same_labels)


def test_places_are_those_of_the_good_ones(tmp_path):
    """So that attention maps, which are stored by place, belong to their images."""
    damage(tmp_path, KINDS["stream"])
    train = load(tmp_path, bad_examples="skip").train
    for seed in (None, (1, 2)):
        rows = [(int(place), int(datasets.decode(image)[0, 0, 0])) for image, _, place in train.read(seed)]
        assert sorted(rows) == list(enumerate(GOOD))


@pytest.mark.slow
def test_skipping_without_bad_examples_changes_nothing(tmp_path, shape, caplog):
    prepare(tmp_path, shape=shape)
    refused, skipped = load(tmp_path), load(tmp_path, bad_examples="skip")
    assert refused.fingerprints == skipped.fingerprints
    assert epoch(refused.train, (1, 0)) == epoch(skipped.train, (1, 0))
    assert not caplog.messages


@pytest.mark.parametrize("left", rows({"nothing": 0, "a part": 20, "all but a byte": -1}, ["a part"]))
def test_a_truncated_file_loses_its_end(tmp_path, left):
    file = shard(prepare(tmp_path, shape=KINDS["stream"]), 1, 3)
    file.write_bytes(file.read_bytes()[:left])
    train = load(tmp_path, bad_examples="skip").train
    gone = [3] if left == -1 else [2, 3]
    assert [number for _, number in epoch(train)] == [number for number in range(5) if number not in gone]
    (bad,) = train.left_out
    assert list(bad.places) == gone
    assert bad.where.startswith(str(file))
    assert bad.reason == "the file ends before it" if left == 0 else "truncated record" in bad.reason


def test_damage_after_loading_is_not_passed_over(tmp_path):
    where = damage(tmp_path, KINDS["stream"])
    images = load(tmp_path, bad_examples="skip")
    flip(shard(where, 2, 5), 40)
    with pytest.raises(tf.errors.OpError, match="5 elements"):
        read_all(images)


def test_where_all_was_good_damage_is_reported_as_without_skipping(tmp_path):
    where = prepare(tmp_path, shape=KINDS["stream"])
    images = load(tmp_path, bad_examples="skip")
    flip(shard(where, 1, 3), 40)
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at 12"):
        read_all(images)


def test_more_records_than_the_metadata_say_are_not_bad_examples(tmp_path):
    where = prepare(tmp_path)
    shard(where, 2, 3).write_bytes(shard(where, 0, 3).read_bytes())
    with pytest.raises(ValueError, match=r"5 examples are expected in split 'train' .*; its files hold more"):
        load(tmp_path, bad_examples="skip")


def test_a_missing_file_is_not_a_bad_example(tmp_path):
    shard(prepare(tmp_path), 1, 3).unlink()
    with pytest.raises(FileNotFoundError, match="1 of them are missing"):
        load(tmp_path, bad_examples="skip")


def test_nothing_left_is_an_error(tmp_path):
    prepare(tmp_path, images=dict.fromkeys(range(5), TORN))
    message = r"needs at least one readable example; can't read 5 of 5 examples of split 'train' .*; and 2 more\."
    with pytest.raises(ValueError, match=message):
        load(tmp_path, bad_examples="skip")


def test_long_scans_say_how_far_they_are(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", "cutmix_tf")
    monkeypatch.setattr("cutmix_tf.datasets._bad_examples.EVERY", -1.0)
    monkeypatch.setattr("cutmix_tf.datasets._bad_examples.READ", 2)
    prepare(tmp_path, splits={"train": 4})
    load(tmp_path, bad_examples="skip")
    lines = caplog.messages
    assert [line.partition(" examples")[0] for line in lines] == ["Checked 2 of 4", "Checked 4 of 4"]


# ---- image folders ----


@pytest.fixture
def folder(tmp_path):
    fill_folder(
        tmp_path, ["train/elk/a.png", "train/elk/b.png", "train/owl/c.png", "train/owl/d.png", "test/owl/e.png"]
    )
    return tmp_path


def test_bad_files_of_a_folder_are_left_out(folder, caplog):
    (folder / "train/elk/b.png").write_bytes(TORN)
    refused = datasets.load(f"folder:{folder}")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid JPEG data"):
        read_all(refused)
    train = datasets.load(f"folder:{folder}", bad_examples="skip").train
    assert epoch(train) == [(0, 0), (1, 2), (1, 3)]
    assert [int(place) for _, _, place in train.read(None)] == [0, 1, 2]
    (line,) = caplog.messages
    expected = f"Left out 1 of 4 examples of folder:{folder} train: {folder}/train/elk/b.png (jpeg::Uncompress failed."
    assert line.startswith(expected)
    assert train.fingerprint != refused.train.fingerprint


def test_a_folder_of_bad_files_only(folder):
    (folder / "test/owl/e.png").write_bytes(b"")
    message = r"can't read 1 of 1 examples of .*/test: .*/e.png \(Input is empty\.\)\."
    with pytest.raises(ValueError, match=message):
        datasets.load(f"folder:{folder}", bad_examples="skip")


# ---- small images ----


@pytest.mark.slow
@pytest.mark.parametrize("augment", slow_but(["crop_flip"], ["crop_flip", "imagenet"]))
def test_images_smaller_than_the_crop_are_enlarged(tmp_path, augment, monkeypatch):
    monkeypatch.setattr(_xla, "available", lambda: False)
    draw = np.random.default_rng(0)
    sizes = [(1, 1), (1, 9), (3, 2), (7, 40), (16, 16)]
    pictures = {number: draw.integers(0, 256, (*sides, 3), dtype=np.uint8) for number, sides in enumerate(sizes)}
    prepare(tmp_path, shape=KINDS["stream"], images=pictures)
    preprocessing = pipeline.Preprocessing((16, 24), (0,) * 3, (1,) * 3, augment)
    train = load(tmp_path, bad_examples="skip").train
    (tested, _), (trained, _) = (
        next(iter(batches))
        for batches in (
            pipeline.eval_batches(train, preprocessing, batch_size=5),
            pipeline.train_batches(train, preprocessing, batch_size=5, seed=0),
        )
    )
    assert tested.shape == trained.shape == (5, 16, 24, 3)
    np.testing.assert_array_equal(tested[0], np.broadcast_to(pictures[0], (16, 24, 3)))


# ---- slices ----


@pytest.mark.parametrize(
    ("spec", "good", "lost"),
    [
        ("train[2:7]", [2, 4, 5], [1, 4]),  # 3 has a wrong label, 6 is damaged
        ("train[3:6]", [4, 5], [0]),
        ("train[6:]", [8], [0, 1]),  # 7 is behind the damaged 6
        ("train[7:]", [7, 8], []),  # unless 6 needn't be read
        ("train[8:]+train[:2]", [8, 1], [1]),
    ],
)
def test_slices_count_what_is_stored(tmp_path, spec, good, lost):
    """So they are the same whether bad examples are refused or left out; places are those in the slice."""
    damage(tmp_path, KINDS["stream"])
    train = load(tmp_path, bad_examples="skip", train_split=spec).train
    assert [number for _, number in epoch(train)] == good
    assert [place for bad in train.left_out for place in bad.places] == lost
    if spec == "train[3:6]":
        assert str(train.left_out[0]).endswith("-00001-of-00005 record 1 (label 3 is not in [0, 3))")


def test_a_slice_of_good_examples_needs_no_skipping(tmp_path, shape):
    damage(tmp_path, shape)
    assert [number for _, number in epoch(load(tmp_path, train_split="train[4:6]+train[8:]").train)] == [4, 5, 8]


def test_a_bad_example_of_a_slice_is_named(tmp_path):
    damage(tmp_path, KINDS["array"])
    message = r"can't read 2 of 3 examples of split 'train\[5:8\]' .*-00003-of-00005 record 0 and the 1 behind it"
    with pytest.raises(ValueError, match=message):
        load(tmp_path, train_split="train[5:8]")


def test_a_damaged_length_hides_what_is_behind_it(tmp_path):
    where = prepare(tmp_path, shape=KINDS["stream"], splits={"train": 6}, per_shard=3)
    flip(shard(where, 0, 2), 3)
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at 0"):
        read_all(load(tmp_path, train_split="train[1:5]", test_split="train[3:]"))
    train = load(tmp_path, train_split="train[1:5]", test_split="train[3:]", bad_examples="skip").train
    assert [number for _, number in epoch(train)] == [3, 4]
    (bad,) = train.left_out
    assert bad.where.endswith("-00000-of-00002 record 1 and the 1 behind it")
    assert bad.reason.startswith("corrupted record at 0")


def test_bad_files_in_a_slice_of_a_folder(tmp_path):
    fill_folder(tmp_path, [f"train/elk/{number}.png" for number in range(8)])
    whole = datasets.load(f"folder:{tmp_path}", train_split="train[25%:75%]").train
    bad = whole.files[2].path
    (tmp_path / bad).write_bytes(NO_IMAGE)
    train = datasets.load(f"folder:{tmp_path}", train_split="train[25%:75%]", bad_examples="skip").train
    assert train.files == tuple(file for file in whole.files if file.path != bad)
    assert [(example.where, example.places) for example in train.left_out] == [(f"{tmp_path}/{bad}", range(2, 3))]


# ---- looking for them ----


def test_all_bad_examples_of_a_set_are_found(tmp_path):
    damage(tmp_path, KINDS["stream"])
    found = datasets.find_bad_examples("tiny", str(tmp_path))
    assert list(found) == ["train"]
    bad, lost, count = found["train"]
    assert (lost, count) == (4, 9)
    first, second, third = map(str, bad)
    assert first.startswith(f"{tmp_path}/tiny/1.0.0/tiny-train.tfrecord-00000-of-00005 record 0 (Unknown image")
    assert second.endswith("-00001-of-00005 record 1 (label 3 is not in [0, 3))")
    assert third.endswith("-00003-of-00005 record 0 and the 1 behind it (corrupted record at 12)")


def test_all_splits_are_looked_at(tmp_path):
    fill_folder(tmp_path, ["train/elk/a.png", "dev/elk/b.png", "dev/elk/c.png"])
    (tmp_path / "dev/elk/b.png").write_bytes(b"")
    found = datasets.find_bad_examples(f"folder:{tmp_path}")
    assert {split: (lost, count) for split, (_, lost, count) in found.items()} == {"dev": (1, 2), "train": (0, 1)}


# ---- data that changed ----


@pytest.mark.slow
def test_fingerprints_of_the_good_are_not_those_of_all(tmp_path, shape):
    prepare(tmp_path / "whole", shape=shape, splits={"train": 9})
    prepare(tmp_path / "bad", shape=shape, splits={"train": 9}, labels={3: 3})
    prepare(tmp_path / "worse", shape=shape, splits={"train": 9}, labels={3: 3, 4: 3})
    digests = {load(tmp_path / name, bad_examples="skip").train.fingerprint for name in ("whole", "bad", "worse")}
    assert len(digests) == 3


def test_data_that_changed_has_other_fingerprints(tmp_path, shape):
    where = prepare(tmp_path, shape=shape)
    before = load(tmp_path).fingerprints
    assert set(before) == {"class_names", "train", "test"}
    assert load(tmp_path).fingerprints == before
    shutil.rmtree(where.parent)
    prepare(tmp_path, shape=shape, images={1: image_of(200, 40 if shape[0] is None else 8)})
    assert changed(before, load(tmp_path).fingerprints) == {"train", "test"}


def test_a_class_or_a_file_more_is_a_change(folder):
    before = datasets.load(f"folder:{folder}").fingerprints
    fill_folder(folder, ["test/owl/g.png"])
    assert changed(before, datasets.load(f"folder:{folder}").fingerprints) == {"test"}
    fill_folder(folder, ["test/asp/f.png"])
    assert changed(before, datasets.load(f"folder:{folder}").fingerprints) == {"class_names", "test"}


def changed(before, after):
    return {name for name in before if before[name] != after[name]}
