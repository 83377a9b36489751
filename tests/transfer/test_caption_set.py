"""Captioning sets by name, and built-in scenes: what captions say is what images show."""

import re

import numpy as np
import pytest
import tensorflow_datasets as tfds
from helpers import tiny_sets

from cutmix_tf import datasets
from cutmix_tf.transfer import CaptioningConfig, Vocabulary, load_captions, make_caption_scenes
from cutmix_tf.transfer import _caption_scenes as scenes
from cutmix_tf.transfer._captioning import caption_batches

TEXTS = [["A dog.", "A dog, running!"], ["?"], [], ["Two CATS", " ", "cats"]]


def prepare(folder, name="captioned", nested=True, **splits):
    """Four images with the captions above, stored as coco_captions is, or as plain texts."""
    texts = tfds.features.Sequence({"id": np.int64, "text": np.str_} if nested else tfds.features.Text())
    stored = [[{"id": 7, "text": text} for text in some] if nested else some for some in TEXTS]
    options = {"features": {"captions": texts}, "captions": lambda number: stored[number % 4]}
    return tiny_sets.prepare(folder, name, splits=splits, **options)


@pytest.mark.parametrize("nested", [True, False])
def test_captions_are_cleaned_and_images_without_one_left_out(tmp_path, nested):
    prepare(tmp_path, nested=nested, train=4, restval=1, val=2, test=4)
    data = load_captions("captioned", data_dir=str(tmp_path))
    dogs, cats = ("a dog", "a dog running"), ("two cats", "cats")
    assert data.test.captions == (dogs, cats)
    assert data.train.captions == (dogs, cats, dogs)  # with restval
    assert [int(datasets.decode(image)[0, 0, 0]) for image in data.train.read()] == [0, 3, 0]
    assert set(data.test_splits) == {"test"}


def test_coco_captions_are_known_to_tfds(tmp_path):
    """Its features are those of a captioning set; only its files are missing."""
    with pytest.raises(FileNotFoundError, match="'coco_captions' must be prepared"):
        load_captions("coco_captions", data_dir=str(tmp_path))


def test_val_is_tested_on_where_there_is_no_test_split(tmp_path):
    prepare(tmp_path, train=4, val=1)
    data = load_captions("captioned", train_split="train[3:]", data_dir=str(tmp_path))
    assert (data.train.name, data.train.count, data.test.name) == ("train[3:] of captioned", 1, "val of captioned")


def test_fingerprints_change_with_captions(tmp_path):
    prepare(tmp_path, train=4, test=1)
    whole, part = (load_captions("captioned", train_split=split, data_dir=str(tmp_path)) for split in ("train", "test"))
    assert whole.fingerprints["train"] != part.fingerprints["train"]
    assert whole.fingerprints["test"] == part.fingerprints["test"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("captoned", {}, "no captioning set called 'captoned'"),
        ("captioned", {"test_split": "tset"}, "no split 'tset'"),
        ("captioned", {"train_split": "train[1:3]"}, "no image with a caption"),
        ("plain", {}, "needs an image and captions, a sequence of texts; plain has"),
        ("scenes", {"train_split": "train[:9]"}, "scenes come as they are"),
    ],
)
def test_errors(tmp_path, name, options, message):
    prepare(tmp_path, train=4, test=1)
    tiny_sets.prepare(tmp_path, "plain")
    with pytest.raises(ValueError, match=message):
        load_captions(name, data_dir=str(tmp_path), **options)


@pytest.mark.slow
def test_batches_hold_one_caption_of_each_image(tmp_path):
    prepare(tmp_path, train=4, test=1)
    data = load_captions("captioned", data_dir=str(tmp_path))
    words = Vocabulary.of([caption for some in data.train.captions for caption in some], 9)
    config = CaptioningConfig(
        dataset="captioned", backbone="any", epochs=9, batch_size=2, longest=2, image_size=(16, 20)
    )

    def captions(epoch):
        ((inputs, said),) = caption_batches(data.train, words, config, epoch)
        assert inputs["images"].shape == (2, 16, 20, 3)
        numbers = inputs["images"][:, 0, 0, 0].numpy().astype(int)
        return {number: (words.decode(row), int(row[-1])) for number, row in zip(numbers, said.numpy(), strict=True)}

    epochs = [captions(epoch) for epoch in range(6)]
    assert {each[0] for each in epochs} == {("a dog", 3), ("a dog", 0)}  # the longer one is cut and has no end
    assert {each[3][0] for each in epochs} == {"two cats", "cats"}
    assert epochs[5] == captions(5)


# ---- built-in scenes ----

OBJECT = r"a (red|yellow|green|blue|purple) (\w+)"
GRAMMAR = re.compile(rf"{OBJECT}(?: (left of|right of|above|below) {OBJECT})?")
OPPOSITE = {"left of": "right of", "above": "below"}


def combinations(captions):
    """Pairs of shape and color in the captions of a scene."""
    first, shape, _, second, other = GRAMMAR.fullmatch(captions[0]).groups()
    return {(shape, first)} | ({(other, second)} if other else set())


def test_captions_follow_the_grammar_and_held_out_combinations_are_held_out():
    names = datasets.load("shapes").class_names
    seen = {}
    for split in ("train", "test", "held_out"):
        _, captions = make_caption_scenes(400, split=split)
        seen[split] = [combinations(some) for some in captions]
        for some in captions:
            color, shape, relation, second, other = GRAMMAR.fullmatch(some[0]).groups()
            assert shape in names
            turned = (f"a {second} {other} {OPPOSITE[relation]} a {color} {shape}",) if other else ()
            assert some[1:] == turned
    shown = {split: set().union(*some) for split, some in seen.items()}
    held_out = {
        (shape, color) for k, shape in enumerate(names) for color in scenes.COLORS if scenes.is_held_out(k, color)
    }
    assert len(held_out) == 10
    assert shown["train"] | held_out == {(shape, color) for shape in names for color in scenes.COLORS}
    assert not shown["train"] & held_out
    assert not shown["test"] & held_out
    assert all(some & held_out for some in seen["held_out"])


def test_captions_say_what_lies_where(monkeypatch):
    """Before a black background, the halves show the colors of the caption, in its order."""
    monkeypatch.setattr(scenes, "soft_background", lambda image, sides: np.zeros((*sides, 3), np.uint8))
    images, captions = make_caption_scenes(60)
    again, _ = make_caption_scenes(60)
    np.testing.assert_array_equal(images, again)
    relations = set()
    for image, some in zip(images, captions, strict=True):
        first, _, relation, second, _ = GRAMMAR.fullmatch(some[0]).groups()
        relations.add(relation)
        turned = image.swapaxes(0, 1) if relation == "left of" else image
        parts = [(image, first)] if relation is None else [(turned[:32], first), (turned[32:], second)]
        for part, color in parts:
            assert scenes.color_of(part[part.any(axis=-1)]) == color
    assert relations == {None, "left of", "above"}


def test_splits_have_no_scene_in_common():
    parts = [make_caption_scenes(8, split=split)[0] for split in ("train", "test", "held_out")]
    assert len(np.unique(np.concatenate(parts), axis=0)) == 24
    with pytest.raises(ValueError, match="Did you mean 'held_out'"):
        make_caption_scenes(3, split="held-out")
