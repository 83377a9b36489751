"""Data as people have it: arrays, PyDatasets, folders of images, TFDS."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.everyday import CLASSES, arrays, small_model
from helpers.marks import rows, slow_but
from helpers.tiny_sets import prepare

import cutmix_tf as cm


class Batches(keras.utils.PyDataset):
    """A PyDataset of a user's own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.images, self.labels = arrays()

    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = slice(16 * index, 16 * index + 16)
        return self.images[rows], self.labels[rows]


def trained(data, **options):
    model = small_model()
    model.compile("sgd", cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()])
    return model.fit(data, shuffle=False, verbose=0, **options).history


def same(some, others):
    flat = zip(tf.nest.flatten(some), tf.nest.flatten(others), strict=True)
    return all(np.array_equal(a, b) for a, b in flat)


# ---- arrays ----


def test_arrays_come_once_an_epoch_mixed_as_the_mixer_mixes_them():
    images, labels = arrays(20)
    data = cm.mix((images, labels), cm.Cutout(size=4, fill=7), seed=2, batch_size=8)
    assert data.num_batches == 3
    for _ in range(2):
        parts = [data[index] for index in range(3)]
        data.on_epoch_end()
        seen = np.concatenate([labels for _, labels in parts])
        assert [len(labels) for _, labels in parts] == [8, 8, 4]
        assert sorted(seen) == sorted(labels)
        assert all((images == 7).any(axis=(1, 2, 3)).all() for images, _ in parts)


def test_equal_seeds_give_equal_bits_and_every_epoch_differs():
    first, second, other = (cm.mix(arrays(), cm.CutMix(), seed=seed, batch_size=16) for seed in (1, 1, 2))
    assert same(first[2], second[2])
    assert not same(first[2], other[2])
    before = first[2]
    for data in (first, second):
        data.on_epoch_end()
    assert same(first[2], second[2])
    assert not same(first[2], before)


def test_fit_takes_arrays_and_goes_on_to_new_draws():
    data = cm.mix(arrays(), cm.CutMix(num_classes=CLASSES), batch_size=16)
    seen = []
    original = type(data).__getitem__

    class Watched(type(data)):
        def __getitem__(self, index):
            element = original(self, index)
            seen.append(element[0].tobytes())
            return element

    data.__class__ = Watched
    model = small_model(activation="softmax")
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(data, epochs=3, shuffle=False, verbose=0)
    assert len(set(seen)) == 9


@pytest.mark.parametrize("wrong", [(np.zeros((3, 4, 4, 3)), np.zeros(4, int)), (np.zeros((0, 4, 4, 3)),)])
def test_arrays_that_do_not_fit_together_are_refused(wrong):
    with pytest.raises(ValueError, match="the same number of examples"):
        cm.mix(wrong, cm.CutMix(), batch_size=2)


# ---- PyDatasets ----


@pytest.mark.parametrize("options", rows({"one thread": {}, "two threads": {"workers": 2}}, ["two threads"]))
def test_a_pydataset_is_mixed_batch_by_batch(options):
    source = Batches(**options)
    mixed = cm.mix(source, cm.CutMix(), seed=5)
    for step in (0, 2):
        assert same(mixed[step], cm.CutMix()(*source[step], seed=(5, step)))
    assert len(trained(mixed, epochs=3)["loss"]) == 3


def test_processes_are_refused():
    with pytest.raises(ValueError, match="use_multiprocessing=False"):
        cm.mix(Batches(workers=2, use_multiprocessing=True), cm.CutMix())


def test_a_batch_size_is_for_arrays_alone():
    with pytest.raises(TypeError, match="batch_size"):
        cm.mix(Batches(), cm.CutMix(), batch_size=16)


# ---- folders and TFDS ----


@pytest.mark.parametrize("label_mode", slow_but(["categorical"], ["int", "categorical"]))
def test_image_dataset_from_directory(tmp_path, label_mode):
    images, labels = arrays(12)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "abcd"[label]
        folder.mkdir(exist_ok=True)
        keras.utils.save_img(folder / f"{number}.png", image, scale=False)
    train = keras.utils.image_dataset_from_directory(
        tmp_path, label_mode=label_mode, image_size=(16, 16), batch_size=4, seed=0, verbose=False
    )
    images, targets = next(iter(train.map(cm.CutMix())))
    assert images.dtype == tf.float32
    assert targets.shape == {"int": (4, 2, 2), "categorical": (4, 4)}[label_mode]
    loss, metric = {
        "int": (cm.MixedCrossentropy(), cm.MixedAccuracy()),
        "categorical": (keras.losses.CategoricalCrossentropy(from_logits=True), "accuracy"),
    }[label_mode]
    model = small_model()
    model.compile("sgd", loss, metrics=[metric])
    assert "accuracy" in model.fit(train.map(cm.CutMix()), shuffle=False, verbose=0).history


@pytest.mark.slow
def test_tfds(tmp_path):
    tfds = pytest.importorskip("tensorflow_datasets")
    prepare(tmp_path, "tiny", splits={"train": 10})
    train = tfds.load("tiny", split="train", data_dir=str(tmp_path))
    train = train.map(lambda example: (tf.image.resize(example["image"], (16, 16)), example["label"])).batch(5)
    assert trained(train.map(cm.CutMix()))["loss"]
