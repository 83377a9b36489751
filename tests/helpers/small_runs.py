"""Small runs: noisy images of one color for each class, a model that learns them in seconds, and what a run wrote."""

import csv

import keras
import numpy as np

from cutmix_tf import CutMix, datasets, training

CLASSES = 10
MEAN, STD = (110.0,) * 3, (60.0,) * 3
STEPS = 4  # in an epoch of `small_set` with the batch size of `config`, the last of them partial


def small_set(**changes):
    """60 training and 30 test images of 8×8 pixels; other splits, or none, by name."""
    splits = {"train": split_of(60, seed=1), "test": split_of(30, seed=2), **changes}
    splits = {name: split for name, split in splits.items() if split is not None}
    return datasets.ImageSet("small", tuple("abcdefghij"), MEAN, STD, splits)


def split_of(count, seed, *, size=(8, 8)):
    """Images whose class shows in their brightness."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % CLASSES
    images = labels[:, None, None, None] * 20 + draw.integers(0, 30, (count, *size, 3))
    return datasets.ArraySplit(images.astype(np.uint8), labels)


def small_model():
    """A convolution, batch normalization and a classifier."""
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, use_bias=False, name="conv")(inputs)
    synchronized = keras.backend.backend() == "tensorflow"
    x = keras.layers.BatchNormalization(synchronized=synchronized, momentum=0.9)(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(x), name="small")


def config(folder, **changes):
    """Three epochs of CutMix."""
    settings = {"dataset": "small", "model": "small", "epochs": 3, "batch_size": 16, "learning_rate": 0.05}
    settings |= {"mix": CutMix(prob=0.5), "augment": "flip", "run_dir": str(folder)}
    return training.TrainConfig(**{**settings, **changes})


def train(folder, **changes):
    """The summary of a small run in that folder."""
    return training.train(config(folder, **changes), model=small_model, images=small_set())


def rows_of(folder):
    """The history of a run; cells that are empty are left out."""
    with (folder / "history.csv").open() as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def weights_of(folder, name="final"):
    """The weights of a run's saved model."""
    return keras.saving.load_model(folder / f"{name}.keras").get_weights()


def assert_same_bits(folder, expected):
    """Two runs have written the same history and the same models."""
    assert (folder / "history.csv").read_bytes() == (expected / "history.csv").read_bytes()
    for name in ("final", "best"):
        for one, other in zip(weights_of(folder, name), weights_of(expected, name), strict=True):
            np.testing.assert_array_equal(one, other)


def content_of(folder):
    """Every file below a folder, with its bytes and the time of its last change."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
