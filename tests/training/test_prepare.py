"""Preparing a config loads its data and checks it, and does nothing else."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.looks import save_teachers
from helpers.small_runs import config, small_set, split_of

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.attention import Teacher

ATTENTIVE = {"mix": cm.AttentiveCutMix(), "teacher": Teacher("bright.keras")}


def prepare(**changes):
    return training.prepare(config("run", **changes), images=small_set())


def test_no_generator_is_seeded_and_none_drawn_from(tmp_path):
    def draws():
        return random.random(), np.random.random(), float(tf.random.uniform([]))  # noqa: NPY002 - the global ones

    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        expected = draws()
        keras.utils.set_random_seed(seed)
        prepare(seed=3)
        assert draws() == expected


def test_no_file_is_made_and_no_attention_map(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_teachers()
    before = sorted(tmp_path.iterdir())
    assert prepare(**ATTENTIVE).train_split.attention is None
    assert sorted(tmp_path.iterdir()) == before


def test_no_device_is_needed():
    assert prepare(strategy="mirrored:64").steps_per_epoch == 4


def test_maps_are_computed_when_they_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_teachers()
    made = prepare(**ATTENTIVE)
    maps = made.with_attention().train_split.attention
    assert (maps.shape, maps.dtype) == ((60, 7, 7), np.uint8)
    assert made.train_split.attention is None


@pytest.mark.slow
def test_a_finished_run_is_a_teacher(finished, tmp_path):
    """Its last model is asked for each whole image of the training set."""
    teacher = Teacher(str(finished.folder))
    settings = {"mix": cm.AttentiveCutMix(), "teacher": teacher, "attention_cache": str(tmp_path / "maps.npz")}
    maps = prepare(**settings).with_attention().train_split.attention
    expected = teacher.maps(small_set().train.images)
    np.testing.assert_allclose(maps / 255, expected / expected.max(axis=(1, 2), keepdims=True), atol=0.51 / 255)


@pytest.mark.parametrize(
    ("changes", "steps", "images"),
    [({}, 4, 60), ({"static_shapes": True}, 3, 48), ({"batch_size": 60}, 1, 60), ({"batch_size": 64}, 1, 60)],
)
def test_an_epoch_has_so_many_steps_and_images(changes, steps, images):
    made = prepare(**changes)
    assert (made.steps_per_epoch, made.images_per_epoch) == (steps, images)


def test_batches_from_any_step_are_those_of_the_whole_training():
    made = prepare()
    whole = list(made.train_batches().take(10))
    for step in (3, 9):
        for one, other in zip(next(iter(made.train_batches(step))), whole[step], strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("splits", "changes", "message"),
    [
        ({"test": None}, {}, "A test split is needed"),
        ({"train": None}, {}, "A train split is needed"),
        ({}, {"validation_split": "train[90%:]"}, "A validation split is needed"),
        ({"test": None, "validation": split_of(9, 3)}, {"validation_split": "train[90%:]"}, "A test split is needed"),
    ],
    ids=["no test", "no training", "no validation", "no test, but validation"],
)
def test_a_missing_split_is_refused_before_training(splits, changes, message):
    with pytest.raises(ValueError, match=message):
        training.prepare(config("run", **changes), images=small_set(**splits))


def test_images_of_many_sizes_need_an_image_size(tmp_path):
    for split in ("train", "test"):
        for number in range(4):
            file = tmp_path / split / "ab"[number % 2] / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(tf.io.encode_png(np.zeros((8, 8 + number, 3), np.uint8)).numpy())
    settings = {"dataset": f"folder:{tmp_path}", "batch_size": 2}
    with pytest.raises(ValueError, match=r"have many sizes, so image_size is needed; got None\. Try 224"):
        training.prepare(config("run", **settings))
    assert training.prepare(config("run", image_size=6, **settings)).preprocessing.image_size == (6, 6)


@pytest.mark.parametrize(
    ("changes", "own", "message"),
    [
        ({"mix": cm.AttentiveCutMix()}, False, "needs a teacher; got None"),
        ({"mix": cm.OneOf([cm.CutMix(), cm.AttentiveCutMix()])}, False, "needs a teacher; got None"),
        (ATTENTIVE, True, "leave out the teacher"),
    ],
)
def test_attention_maps_have_one_source(changes, own, message):
    with pytest.raises(ValueError, match=message):
        training.prepare(config("run", **changes), images=with_own_maps() if own else small_set())


def test_images_may_bring_maps_of_their_own():
    made = training.prepare(config("run", mix=cm.AttentiveCutMix()), images=with_own_maps()).with_attention()
    assert (made.train_split.attention == 7).all()


def with_own_maps():
    images = small_set()
    maps = np.full((len(images.train), 4, 4), 7, np.uint8)
    return images.with_attention(maps)
