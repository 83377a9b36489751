"""The evaluated model: its logits, and how runs and files are loaded."""

import json

import keras
import numpy as np
import pytest
from helpers.evaluated_models import CLASSES, MEAN, SIZE, STD, flat_model, small_model

from cutmix_tf import evaluation as ev
from cutmix_tf import models


@pytest.fixture
def run(model, tmp_path):
    """The folder of a finished run, as far as evaluation reads it."""
    folder = tmp_path / "runs" / "first"
    folder.mkdir(parents=True)
    model.keras_model.save(folder / "final.keras")
    (folder / "config.json").write_text(json.dumps({"dataset": "small", "classes": [2, 6], "mix": "MixUp(alpha=0.2)"}))
    preprocessing = {"image_size": [SIZE, SIZE], "mean": MEAN, "std": STD, "augment": "imagenet", "padding": 4}
    (folder / "preprocessing.json").write_text(json.dumps(preprocessing))
    return folder


def test_logits_are_those_of_the_body_on_normalized_images(small_set):
    body = small_model()
    model = ev.EvaluatedModel(models.with_normalization(body, MEAN, STD))
    images = small_set.test.images
    direct = body((images.astype(np.float32) - MEAN) / np.array(STD), training=False)
    np.testing.assert_allclose(model.logits(images), direct, atol=1e-4)
    np.testing.assert_array_equal(model.logits(images.astype(np.float64)), model.logits(images))


def test_a_run_is_loaded_with_what_it_knows(run, model, small_set):
    loaded = ev.load_model(run)
    assert (loaded.name, loaded.dataset, loaded.mix) == ("first", "small", "MixUp(alpha=0.2)")
    assert loaded.classes == [2, 6]
    assert (loaded.num_classes, loaded.image_size, loaded.augment) == (CLASSES, (SIZE, SIZE), "imagenet")
    expected = model.logits(small_set.test.images)
    np.testing.assert_array_equal(loaded.logits(small_set.test.images), expected)
    file = ev.load_model(run / "final.keras")
    assert (file.name, file.dataset, file.augment) == ("final", "small", "imagenet")
    np.testing.assert_array_equal(file.logits(small_set.test.images), expected)
    other = ev.load_model(run, dataset="other")
    assert (other.dataset, other.classes) == ("other", None)


def test_test_images_keep_their_pixels(run):
    preprocessing = ev.load_model(run).preprocessing
    assert (preprocessing.image_size, preprocessing.augment) == ((SIZE, SIZE), "imagenet")
    assert (preprocessing.mean, preprocessing.std) == ((0, 0, 0), (1, 1, 1))


def test_a_file_elsewhere_takes_pixels_too(model, tmp_path, small_set):
    model.keras_model.save(tmp_path / "alone.keras")
    loaded = ev.load_model(tmp_path / "alone.keras")
    assert (loaded.name, loaded.dataset, loaded.mix, loaded.augment) == ("alone", None, None, "none")
    np.testing.assert_array_equal(loaded.logits(small_set.test.images), model.logits(small_set.test.images))


def test_files_that_are_missing_are_named(run, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no run or \.keras file at"):
        ev.load_model(tmp_path / "nothing")
    (run / "final.keras").unlink()
    with pytest.raises(FileNotFoundError, match=r"has not finished: final.keras is missing. Train it first"):
        ev.load_model(run)
    with pytest.raises(FileNotFoundError, match=r"is not a run: final\.keras is missing"):
        ev.load_model(tmp_path)
    with pytest.raises(ValueError, match=r"must be a run's folder or a \.keras file"):
        ev.load_model(run / "config.json")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("final.keras", "not an archive", "can't be read as a Keras model"),
        ("preprocessing.json", "{", "is damaged"),
        ("preprocessing.json", "[]", "must hold a JSON object"),
        ("preprocessing.json", '{"image_size": [12, 12]}', "lacks augment"),
        ("preprocessing.json", '{"image_size": [9, 9], "augment": "none"}', r"takes images of \(12, 12\) pixels; got"),
        ("config.json", "no", "is damaged"),
    ],
)
def test_damaged_runs_are_refused(run, file, content, message):
    (run / file).write_text(content)
    with pytest.raises(ValueError, match=message):
        ev.load_model(run)


def test_code_in_a_file_is_not_run(run, tmp_path):
    inputs = keras.Input((SIZE, SIZE, 3))
    path = str(tmp_path / "ran")
    x = keras.layers.Lambda(lambda pixels: __import__("pathlib").Path(path).write_text("") or pixels)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(x)))
    (tmp_path / "ran").unlink()  # it ran when the model was built
    model.save(run / "final.keras")
    with pytest.raises(ValueError, match="can't be read as a Keras model"):
        ev.load_model(run)
    assert not (tmp_path / "ran").exists()


def test_models_that_are_not_image_classifiers_are_refused():
    inputs = keras.Input((SIZE, SIZE, 3))
    with pytest.raises(ValueError, match=r"returns logits \(batch, classes\)"):
        ev.EvaluatedModel(keras.Model(inputs, keras.layers.Conv2D(2, 1)(inputs)))
    gray = keras.Input((SIZE, SIZE, 1))
    with pytest.raises(ValueError, match=r"takes images \(batch, height, width, 3\)"):
        ev.EvaluatedModel(keras.Model(gray, keras.layers.Dense(2)(keras.layers.Flatten()(gray))))


def test_a_model_of_any_size_must_be_told_one():
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(inputs)))
    with pytest.raises(ValueError, match="image_size must say which"):
        ev.EvaluatedModel(model)
    assert ev.EvaluatedModel(model, image_size=(7, 9)).logits(np.zeros((2, 7, 9, 3), np.uint8)).shape == (2, 2)


@pytest.mark.parametrize("shape", [(0, SIZE, SIZE, 3), (2, SIZE, 8, 3), (2, SIZE, SIZE, 1)])
def test_images_that_do_not_fit_are_refused(shape):
    images, model = np.zeros(shape, np.uint8), flat_model()
    for function in (model.logits, lambda images: ev.perturbations.fgsm(model, images, np.zeros(shape[0], int))):
        with pytest.raises(ValueError, match=r"flat needs at least one image of shape \(12, 12, 3\); got"):
            function(images)
