"""classifier.keras of a run: the error that the summary states, without our package, and what it says of images."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.deployed import NAMES, REGULARIZERS, predicted_elsewhere, some_classifier, some_images, some_model
from helpers.marks import slow_but
from helpers.small_runs import CLASSES, config, small_model, small_set, train

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.inference import Classifier


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run on images of one size, and its summary."""
    folder = tmp_path_factory.mktemp("runs") / "one_size"
    return folder, train(folder, epochs=2)


@pytest.fixture(scope="module")
def classifier():
    return some_classifier()


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


# ---- a run's classifier ----


@pytest.mark.slow
def test_its_error_on_the_raw_test_images_is_that_of_the_summary(run):
    folder, summary = run
    test = small_set().test
    predictions = cm.Classifier.load(folder).predict(test.images)
    assert 100 * np.mean(predictions.class_ids[:, 0] != test.labels) == pytest.approx(summary["top1_error_last"])
    top5 = (predictions.class_ids == test.labels[:, None]).any(axis=1)
    assert 100 * np.mean(~top5) == pytest.approx(summary["top5_error_last"])


@pytest.mark.slow
def test_a_process_without_our_package_predicts_the_same(run, tmp_path):
    folder, _ = run
    images = small_set().test.images
    (probabilities,) = predicted_elsewhere(folder / "classifier.keras", [images], tmp_path)
    expected = keras.saving.load_model(folder / "final.keras").predict(images.astype(np.float32), verbose=0)
    np.testing.assert_allclose(probabilities, softmax(expected), atol=1e-6)


def write_images(folder, count=3):
    """A training and a test image set of many sizes, a folder for each class, whose brightness shows the class."""
    draw = np.random.default_rng(0)
    for split in ("train", "test"):
        for label in range(CLASSES):
            for number in range(count):
                image = label * 20 + draw.integers(0, 60, (*draw.integers(9, 40, 2), 3))
                file = folder / split / f"class_{label}" / f"{number}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(tf.io.encode_png(image.astype(np.uint8)).numpy())


@pytest.mark.slow
@pytest.mark.parametrize("augment", ["flip", "imagenet"])
def test_its_error_on_files_of_many_sizes_is_that_of_the_summary(tmp_path, augment):
    write_images(tmp_path / "data")
    settings = config(tmp_path / "run", dataset=f"folder:{tmp_path / 'data'}", image_size=8, augment=augment, epochs=2)
    summary = training.train(settings, model=small_model)
    classifier = Classifier.load(tmp_path / "run")
    files = sorted((tmp_path / "data" / "test").rglob("*.png"))
    names = classifier.predict(files, top=1).names[:, 0]
    wrong = np.mean(names != [file.parent.name for file in files])
    assert 100 * wrong == pytest.approx(summary["top1_error_last"])
    assert 0 < wrong < 1


# ---- the model in it ----


@pytest.mark.parametrize("name", slow_but(["WithShakeDrop"], REGULARIZERS))
def test_regularizers_become_layers_of_keras(name, tmp_path):
    model, images = some_model(REGULARIZERS[name]), np.stack(some_images([(12, 8)] * 3))
    Classifier.from_logits(model, NAMES).save(tmp_path / "it.keras")
    if name != "none":
        assert any("cutmix_tf" in type(layer).__module__ for layer in model.layers)
    loaded = keras.saving.load_model(tmp_path / "it.keras")
    assert not [layer for layer in loaded.layers if "cutmix_tf" in type(layer).__module__]
    np.testing.assert_allclose(loaded.predict(images, verbose=0), softmax(model.predict(images, verbose=0)), atol=1e-6)


def test_mixed_precision_gives_float32_probabilities(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = some_model(REGULARIZERS["shake_drop"])
    finally:
        keras.config.set_dtype_policy("float32")
    images = np.stack(some_images([(12, 8)] * 3))
    classifier = Classifier.from_logits(model, NAMES)
    probabilities = classifier.model.predict(images, verbose=0)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, softmax(model.predict(images, verbose=0)), atol=2e-3)


def test_the_names_travel_in_the_file(classifier, tmp_path):
    classifier.save(tmp_path / "it.keras")
    assert [file.name for file in tmp_path.iterdir()] == ["it.keras"]
    assert Classifier.load(tmp_path / "it.keras").class_names == NAMES
    with zipfile.ZipFile(tmp_path / "it.keras") as content:
        assert json.loads(content.read("class_names.json")) == list(NAMES)


def test_from_logits_rejects_what_is_no_classifier():
    with pytest.raises(ValueError, match=r"returns \(None, 5\). Give class_names a name for each output"):
        Classifier.from_logits(some_model(), NAMES[:4])
    anything = keras.Sequential([keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D()])
    with pytest.raises(ValueError, match="of a known size; it takes"):
        Classifier.from_logits(anything, NAMES[:3])


def test_load_says_what_is_missing(classifier, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no such file"):
        Classifier.load(tmp_path / "nothing.keras")
    with pytest.raises(FileNotFoundError, match=r"classifier.keras is missing. Train it to the end"):
        Classifier.load(tmp_path)
    classifier.model.save(tmp_path / "copy.keras")
    with pytest.raises(ValueError, match="holds no names of classes"):
        Classifier.load(tmp_path / "copy.keras")
    (tmp_path / "broken.keras").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"can't be read as a .keras file"):
        Classifier.load(tmp_path / "broken.keras")


# ---- predictions ----


def test_images_of_many_sizes_keep_their_order(classifier):
    images = some_images()
    together = classifier.probabilities(images)
    for image, probabilities in zip(images, together, strict=True):
        np.testing.assert_allclose(classifier.probabilities(image)[0], probabilities, atol=1e-6)


def test_predictions_are_the_most_probable_classes(classifier):
    images = some_images()
    predictions, probabilities = classifier.predict(images, top=2), classifier.probabilities(images)
    assert len(predictions) == len(images)
    np.testing.assert_array_equal(predictions.class_ids[:, 0], probabilities.argmax(axis=1))
    np.testing.assert_array_equal(predictions.probabilities, np.sort(probabilities)[:, :-3:-1])
    assert predictions.names.tolist() == [[NAMES[each] for each in row] for row in predictions.class_ids]
    assert classifier.predict(images, top=99).names.shape == (4, 5)
    first = predictions.names[0], 100 * predictions.probabilities[0]
    assert str(predictions).splitlines()[0] == ", ".join(
        f"{name} {share:.1f} %" for name, share in zip(*first, strict=True)
    )


def test_all_ways_to_give_an_image_agree(classifier, tmp_path):
    (image,) = some_images([(20, 30)])
    (tmp_path / "it.png").write_bytes(tf.io.encode_png(image).numpy())
    expected = classifier.probabilities(image)
    given = (
        *(tmp_path / "it.png", str(tmp_path / "it.png"), [tmp_path / "it.png"]),
        *([image], image[None], image.astype(np.float32), image.astype(np.int64), tf.constant(image)),
    )
    for each in given:
        np.testing.assert_array_equal(classifier.probabilities(each), expected)


def test_gray_becomes_rgb_and_transparency_is_dropped(classifier, tmp_path):
    (image,) = some_images([(20, 30)])
    gray = image[..., 0]
    expected = classifier.probabilities(np.stack([gray] * 3, axis=-1))
    (tmp_path / "gray.png").write_bytes(tf.io.encode_png(gray[..., None]).numpy())
    for each in (gray, gray[..., None], gray[None, ..., None], tmp_path / "gray.png"):
        np.testing.assert_array_equal(classifier.probabilities(each), expected)
    (tmp_path / "alpha.png").write_bytes(tf.io.encode_png(np.concatenate([image, gray[..., None]], axis=2)).numpy())
    np.testing.assert_array_equal(classifier.probabilities(tmp_path / "alpha.png"), classifier.probabilities(image))


def test_a_jpeg_in_cmyk_is_read(classifier, tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    pillow.new("CMYK", (30, 20), (0, 255, 255, 0)).save(tmp_path / "red.jpg")
    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_allclose(classifier.probabilities(tmp_path / "red.jpg"), classifier.probabilities(red), atol=0.01)


def test_crops_show_what_the_model_sees(classifier):
    (image,) = some_images([(14, 9)])
    np.testing.assert_array_equal(classifier.crops(image), image[None, 1:13, 0:8])
    logits = classifier.logits_model.predict(classifier.crops(image), verbose=0)
    np.testing.assert_allclose(softmax(logits), classifier.probabilities(image), atol=1e-6)


PIXELS = np.full((6, 5, 3), 90, np.uint8)
WRONG = {
    "nothing": ([], ValueError, "at least one image; got none"),
    "scaled": (PIXELS / 255, ValueError, "divided by 255. Multiply them by 255"),
    "normalized": (PIXELS - 100.0, ValueError, "got -10 to -10.*normalizes them itself"),
    "nan": (PIXELS * np.nan, ValueError, "got nan"),
    "deep": (PIXELS.astype(np.uint16) * 100, ValueError, "got 9000 to 9000"),
    "alpha": (np.zeros((4, 4, 4)), ValueError, r"drop an alpha channel by image\[..., :3\]"),
    "channels_first": (np.zeros((3, 6, 6)), ValueError, r"image.transpose\(1, 2, 0\)"),
    "gray_batch": (np.zeros((9, 6, 6)), ValueError, r"gray ones need images\[..., None\]"),
    "empty": (np.zeros((0, 6, 3)), ValueError, "must have pixels"),
    "mask": (PIXELS > 3, TypeError, "array of bool"),
    "words": (np.array(["a"]), TypeError, "pixels from 0 to 255"),
    "none": (None, TypeError, "a file, an array or a list"),
    "dict": ({"images": PIXELS}, TypeError, "got dict"),
    "dataset": (tf.data.Dataset.from_tensors(PIXELS), TypeError, "classifier.model.predict"),
    "missing": ("nowhere.png", FileNotFoundError, "no image 'nowhere.png'"),
    "folder": (".", ValueError, "is a folder. Name the images"),
    "no_image": (__file__, ValueError, "can't be read as a JPEG, PNG or still GIF: [^{]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_image_is_rejected(classifier, name):
    images, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        classifier.predict(images)


def test_top_must_be_a_whole_number(classifier):
    with pytest.raises(ValueError, match="top must be at least 1"):
        classifier.predict(PIXELS, top=0)
