"""Slices of splits: the grammar against TFDS's own, and which examples they hold, in memory, records and folders."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from helpers.marks import slow_but
from helpers.tiny_sets import MANY_SIZES, ONE_SIZE, epoch, fill_folder, prepare
from hypothesis import given
from hypothesis import strategies as st

from cutmix_tf import datasets
from cutmix_tf.datasets._slices import Part, overlap, parse_split

REAL = Path(os.environ.get("TFDS_DATA_DIR") or Path(__file__).parents[3] / "shared" / "data" / "tfds")
COUNTS = {"train": 50, "test": 7}

# ---- the grammar ----


def positions(parts):
    """The examples of a split, one by one."""
    return [(part.source, place) for part in parts for place in range(part.start, part.stop)]


def positions_by_tfds(spec, counts):
    """The same, by TFDS."""
    infos = {name: tfds.core.SplitInfo(name=name, shard_lengths=[n], num_bytes=0) for name, n in counts.items()}
    found = []
    for part in tfds.core.ReadInstruction.from_spec(spec).to_absolute(infos):
        stop = counts[part.splitname] if part.to is None else part.to
        found += [(part.splitname, place) for place in range(part.from_ or 0, stop)]
    return found


NUMBERS = st.integers(-60, 60).map(str)
PERCENTAGES = st.integers(-100, 100).map(lambda value: f"{value}%") | st.sampled_from(
    ["12.5%", "0.5%", "-33.3%", "99.9%"]
)


@st.composite
def specifications(draw):
    """One slice, or several joined."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        bounds = draw(st.sampled_from([NUMBERS, PERCENTAGES]))
        start, stop = (draw(st.just("") | bounds) for _ in range(2))
        name = draw(st.sampled_from(["train", "test"]))
        parts.append(f"{name}[{start}:{stop}]" if start or stop else name)
    return draw(st.sampled_from(["+", " + "])).join(parts)


@given(spec=specifications(), train=st.integers(1, 60), test=st.integers(1, 60))
def test_slices_are_those_of_tfds(spec, train, test):
    counts = {"train": train, "test": test}
    try:
        expected = positions_by_tfds(spec, counts)
    except ValueError:
        expected = []
    if expected and len(set(expected)) == len(expected):
        assert positions(parse_split(spec, counts)) == expected
    else:  # beyond the split's end, empty, or an example twice
        with pytest.raises(ValueError, match=r"A slice must lie inside|at least one example|each example once"):
            parse_split(spec, counts)


@given(spec=specifications(), other=specifications())
def test_overlaps_are_counted(spec, other):
    try:
        parts, others = parse_split(spec, COUNTS), parse_split(other, COUNTS)
    except ValueError:
        return
    assert overlap(parts, others) == len(set(positions(parts)) & set(positions(others)))


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        (None, TypeError, r"A split must be a string such as 'train\[:10%\]'; got None"),
        ("", ValueError, "A split looks like 'train'"),
        ("train[5]", ValueError, r"A split looks like .*; got 'train\[5\]'"),
        ("train[:10%", ValueError, "A split looks like"),
        ("train[:10%][5:]", ValueError, "A split looks like"),
        ("train[:1.5]", ValueError, "A split looks like"),
        ("train+", ValueError, r"A split looks like .*; got 'train\+'"),
        ("trian[:5]", ValueError, r"There is no split called 'trian'\. Did you mean 'train'\? Known: test, train\."),
        ("train[5:10%]", ValueError, "must be two percentages or two numbers"),
        ("train[:51]", ValueError, r"must lie inside its split, which has 50 examples; got 'train\[:51\]'"),
        ("train[-51:]", ValueError, "must lie inside its split"),
        (
            "train[5:5]",
            ValueError,
            r"needs at least one example; 'train\[5:5\]' selects none of train \(50\), test \(7\)",
        ),
        ("test[:3]+test[1:]", ValueError, r"each example once; .* selects 2 twice"),
    ],
)
def test_wrong_specifications(spec, error, message):
    with pytest.raises(error, match=message):
        parse_split(spec, COUNTS)


def test_parts_that_select_nothing_are_dropped():
    assert parse_split("train[3:3]+test[:2]", COUNTS) == (Part("test", 0, 2),)


# ---- which examples ----

SPECS = ["train", "train[:3]", "train[2:7]", "train[-4:]", "train[10%:60%]", "train[5:]+test[:2]", "test+train[:3]"]


def read_by_tfds(name, directory, spec):
    """(label, encoded image) of each example, in the order of storage."""
    builder = tfds.builder(name, data_dir=str(directory))
    in_order = tfds.ReadConfig(interleave_cycle_length=1)
    decoders = {"image": tfds.decode.SkipDecoding()}
    examples = builder.as_dataset(split=spec, read_config=in_order, decoders=decoders, shuffle_files=False)
    return [(int(example["label"]), example["image"].numpy()) for example in examples]


@pytest.fixture(scope="module", params=[ONE_SIZE, MANY_SIZES], ids=["array", "stream"])
def prepared(request, tmp_path_factory):
    """The directory of a set in shards of three."""
    directory = tmp_path_factory.mktemp("sets")
    prepare(directory, shape=request.param, splits={"train": 10, "test": 4}, per_shard=3)
    return directory


@pytest.mark.parametrize("spec", slow_but(["train[5:]+test[:2]"], SPECS))
def test_a_slice_holds_the_examples_that_tfds_reads(prepared, spec):
    expected = [(label, int(datasets.decode(image)[0, 0, 0])) for label, image in read_by_tfds("tiny", prepared, spec)]
    train = datasets.load("tiny", data_dir=str(prepared), train_split=spec).train
    assert len(train) == len(expected)
    assert epoch(train) == expected


def test_slices_are_shuffled_as_wholes(prepared):
    train = datasets.load("tiny", data_dir=str(prepared), train_split="train[2:7]+test[1:]").train
    order, other, again = (epoch(train, (seed, 0)) for seed in (1, 2, 1))
    assert sorted(order) == sorted(epoch(train))
    assert order == again
    assert order != other


def test_slices_have_fingerprints_of_their_own(tmp_path):
    prepare(tmp_path, shape=MANY_SIZES, splits={"train": 10, "test": 4}, per_shard=3)

    def fingerprint(spec):
        return datasets.load("tiny", data_dir=str(tmp_path), train_split=spec).train.fingerprint

    assert len({fingerprint(spec) for spec in SPECS}) == len(SPECS)
    assert fingerprint("train[:100%]") == fingerprint("train") == fingerprint("train[-10:10]")


def test_a_slice_reads_only_its_own_files(tmp_path):
    where = prepare(tmp_path, shape=MANY_SIZES, splits={"train": 10}, per_shard=3)
    train = datasets.load("tiny", data_dir=str(tmp_path), train_split="train[4:6]").train
    for number in (0, 2, 3):
        (where / f"tiny-train.tfrecord-0000{number}-of-00004").unlink()
    assert [number for _, number in epoch(train)] == [4, 5]


def test_places_count_inside_the_slice(tmp_path):
    """So that attention maps, which are stored by place, belong to their images."""
    prepare(tmp_path, shape=MANY_SIZES, splits={"train": 10, "test": 4}, per_shard=3)
    train = datasets.load("tiny", data_dir=str(tmp_path), train_split="test[2:]+train[4:9]").train
    maps = np.array([2, 3, 4, 5, 6, 7, 8], np.uint8).reshape(-1, 1, 1)
    for seed in (None, tf.constant((1, 2))):
        assert sorted(int(place) for *_, place in train.read(seed)) == list(range(7))
        for image, _, cells in train.with_attention(maps).batches(3, seed).unbatch():
            assert int(datasets.decode(image)[0, 0, 0]) == int(cells[0, 0])


REAL_SETS = ["cifar10", "cifar10_lossless_subset", "cifar100_subset", "tiny_imagenet50"]


@pytest.mark.parametrize("name", slow_but(["cifar100_subset"], REAL_SETS))
def test_slices_of_real_sets(name):
    if not (REAL / name).is_dir():
        pytest.skip(f"needs {name} in TFDS_DATA_DIR")
    for spec in ("train[10%:10.2%]", "train[-7:]+train[:3]"):
        expected = read_by_tfds(name, REAL, spec)
        train = datasets.load(name, data_dir=str(REAL), train_split=spec, test_split="train[:1]").train
        np.testing.assert_array_equal(train.labels, [label for label, _ in expected])
        np.testing.assert_array_equal(train.images, [datasets.decode(image) for _, image in expected])


# ---- folders ----


@pytest.fixture
def folder(tmp_path):
    """30 elks, 20 owls and 10 yaks to train on, and some to validate on."""
    counts = {"train/elk": 30, "train/owl": 20, "train/yak": 10, "val/elk": 3, "val/owl": 2}
    fill_folder(tmp_path, [f"{name}/{number:02}.png" for name, count in counts.items() for number in range(count)])
    return tmp_path


def files_of(folder, spec):
    return [file.path for file in datasets.load(f"folder:{folder}", train_split=spec, test_split="val").train.files]


def test_any_slice_of_a_folder_holds_the_classes_in_their_proportions(folder):
    for start in range(0, 60, 6):
        labels = [path.split("/")[1] for path in files_of(folder, f"train[{start}:{start + 6}]")]
        assert [labels.count(name) for name in ("elk", "owl", "yak")] == [3, 2, 1]
        assert labels == sorted(labels)


def test_slices_of_a_folder_are_disjoint_and_make_up_the_whole(folder):
    whole = files_of(folder, "train")
    parts = [files_of(folder, f"train[{first}%:{first + 25}%]") for first in range(0, 100, 25)]
    assert sorted(path for part in parts for path in part) == sorted(whole)
    assert files_of(folder, "train[50%:]+train[:50%]") == whole
    assert files_of(folder, "val+train[:2]")[:5] == files_of(folder, "val")
    # not the first files of each class
    assert parts[0] != [path for path in whole if int(path[-6:-4]) < {"elk": 8, "owl": 5, "yak": 3}[path.split("/")[1]]]


def test_slices_of_a_folder_do_not_depend_on_where_it_is(folder, tmp_path_factory):
    before = datasets.load(f"folder:{folder}", train_split="train[:20%]").train
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    folder.rename(elsewhere)
    after = datasets.load(f"folder:{elsewhere}", train_split="train[:20%]").train
    assert after.files == before.files
    assert after.fingerprint != datasets.load(f"folder:{elsewhere}").train.fingerprint


# ---- roles ----


def test_splits_have_roles(folder):
    animals = datasets.load(
        f"folder:{folder}", train_split="train[:50]", validation_split="train[50:]", test_split="val[:4]"
    )
    assert [(role, len(split)) for role, split in animals.splits.items()] == [
        ("train", 50),
        ("validation", 10),
        ("test", 4),
    ]
    assert animals.validation is animals.splits["validation"]
    assert set(animals.fingerprints) == {"class_names", "train", "validation", "test"}


@pytest.mark.parametrize("there", ["test", "validation", "val"])
def test_the_usual_test_split(tmp_path, there):
    counts = {"train": 4, "test": 1, "validation": 2, "val": 3}
    names = ["test", "validation", "val"]
    splits = ["train", *names[names.index(there) :]]
    fill_folder(tmp_path, [f"{split}/elk/{number}.png" for split in splits for number in range(counts[split])])
    assert len(datasets.load(f"folder:{tmp_path}").test) == counts[there]


def test_some_classes_of_a_set():
    """Splits are sliced first; boxes and masks stay with their images."""
    whole = datasets.load("shapes", train_split="train[:300]")
    some = datasets.load("shapes", train_split="train[:300]", classes=(2, 5))
    assert some.class_names == whole.class_names[2:5]
    for role, split in some.splits.items():
        chosen = np.isin(whole.splits[role].labels, [2, 3, 4])
        np.testing.assert_array_equal(split.labels, whole.splits[role].labels[chosen] - 2)
        for part in ("images", "boxes", "masks"):
            np.testing.assert_array_equal(getattr(split, part), getattr(whole.splits[role], part)[chosen])
    assert not set(some.fingerprints.values()) & set(whole.fingerprints.values())


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        ((0, 11), ValueError, "the end of classes must be at least 1 and at most 10; got 11"),
        ((4, 4), ValueError, "the end of classes must be at least 5"),
        ((1,), ValueError, "the first and the end"),
        ((0, 2.5), TypeError, "the end of classes must be a whole number"),
        ("0:5", TypeError, "classes must be a list or a tuple"),
    ],
)
def test_classes_that_do_not_fit(classes, error, message):
    with pytest.raises(error, match=message):
        datasets.load("shapes", classes=classes)


def test_any_stored_split_may_be_used(tmp_path):
    prepare(tmp_path, splits={"some": 6, "dev": 4})
    tiny = datasets.load(
        "tiny", data_dir=str(tmp_path), train_split="some", validation_split="dev[:1]", test_split="dev[1:]"
    )
    assert [len(tiny.train), len(tiny.validation), len(tiny.test)] == [6, 1, 3]
    with pytest.raises(
        ValueError, match=r"A split called train, test, validation or val is needed; tiny has only some, dev"
    ):
        datasets.load("tiny", data_dir=str(tmp_path))
    with pytest.raises(ValueError, match=r"no split called 'dve'\. Did you mean 'dev'\? Known: dev, some"):
        datasets.load("tiny", data_dir=str(tmp_path), test_split="dve")


def test_a_set_without_training_examples_can_be_tested_on(tmp_path):
    prepare(tmp_path, splits={"test": 3})
    tiny = datasets.load("tiny", data_dir=str(tmp_path))
    assert len(tiny.test) == 3
    with pytest.raises(ValueError, match=r"A train split is needed; tiny was loaded with test only\. Use another"):
        _ = tiny.train
    with pytest.raises(ValueError, match=r"or load it with validation_split"):
        _ = tiny.validation


def test_an_empty_split(tmp_path):
    prepare(tmp_path, splits={"train": 3, "test": 0})
    with pytest.raises(ValueError, match=r"'test' selects none of train \(3\), test \(0\)"):
        datasets.load("tiny", data_dir=str(tmp_path))


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ("train[900:]", r"no example with the train split; 'train\[900:\]' and 'train\[:950\]' have 50 in common"),
        ("train[990:]+test[:7]", r"no example with the test split; 'train\[990:\]\+test\[:7\]' and 'test' have 7 in"),
    ],
)
def test_a_validation_split_that_overlaps(validation, message):
    with pytest.raises(ValueError, match=message):
        datasets.load("shapes", train_split="train[:950]", validation_split=validation)


def test_slices_of_the_built_in_set():
    whole = datasets.load("shapes")
    sliced = datasets.load("shapes", train_split="train[900:]+test[:5]", test_split="test[5:]")
    for name in ("images", "labels", "boxes", "masks"):
        train, test = (getattr(split, name) for split in (whole.train, whole.test))
        np.testing.assert_array_equal(getattr(sliced.train, name), np.concatenate([train[900:], test[:5]]))
        np.testing.assert_array_equal(getattr(sliced.test, name), test[5:])
