"""Teachers and their heat maps: by hand, of other sizes, from names, runs and files, and what they refuse."""

from pathlib import Path

import keras
import numpy as np
import pytest
from helpers.small_teachers import brightness, classifier, random_images

from cutmix_tf.attention import Teacher, _source
from cutmix_tf.attention._heat import area_shares
from cutmix_tf.models import with_normalization

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT.parent / "shared" / "data" / "weights"


# ---- maps ----


def test_the_map_is_the_mean_over_channels_of_the_last_map():
    model, images = classifier(), random_images()
    teacher = Teacher(model, grid=None)
    last = keras.Model(model.input, model.get_layer("last").output)(images.astype("float32"), training=False)
    np.testing.assert_allclose(teacher.maps(images), np.mean(last, axis=3), rtol=1e-5)
    assert teacher.shape == teacher.input_size == (8, 8)


def test_cam_weighs_channels_by_the_predicted_class_and_averages_to_its_logit():
    model, images = classifier(), random_images()
    last = keras.Model(model.input, [model.get_layer("last").output, model.output])
    features, logits = (np.asarray(part) for part in last(images.astype("float32"), training=False))
    best = logits.argmax(axis=1)
    expected = np.einsum("bhwc,cb->bhw", features, np.asarray(model.get_layer("logits").kernel)[:, best])
    maps = Teacher(model, reading="cam", grid=None).maps(images)
    np.testing.assert_allclose(maps, np.maximum(expected, 0), rtol=1e-4, atol=1e-3)
    bias = np.asarray(model.get_layer("logits").bias)[best]
    np.testing.assert_allclose(expected.mean(axis=(1, 2)) + bias, logits.max(axis=1), rtol=1e-4)


def test_the_teacher_is_in_inference_mode_and_unchanged():
    """One image's map does not depend on the others of the batch, and no statistics drift."""
    model, images = classifier(), random_images()
    before = [np.array(weight) for weight in model.weights]
    teacher = Teacher(model)
    together, alone = teacher.maps(images), teacher.maps(images[2:3])
    np.testing.assert_allclose(together[2:3], alone, rtol=1e-5)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_images_of_another_size_are_resized_for_the_teacher():
    teacher = Teacher(brightness(), grid=(2, 2))
    quarters = np.array([[10, 20], [30, 40]], np.uint8).repeat(32, 0).repeat(16, 1)
    maps = teacher.maps(np.stack([quarters] * 3, axis=2)[None])
    np.testing.assert_allclose(maps[0], [[10, 20], [30, 40]], atol=1.5)  # the seams blend


@pytest.mark.parametrize(("pixels", "cells"), [(7, 7), (8, 7), (4, 7), (13, 7), (56, 7), (3, 1)])
def test_areas_are_shared_out(pixels, cells):
    shares = area_shares(pixels, cells)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(shares.sum(axis=0), cells / pixels, rtol=1e-6)
    center = shares @ ((np.arange(pixels) + 0.5) / pixels)
    np.testing.assert_allclose(center, (np.arange(cells) + 0.5) / cells, atol=1 / pixels)


def test_equal_teachers_have_equal_fingerprints():
    model = classifier()
    same = Teacher(model).fingerprint
    assert same == Teacher(model, layer="last", size=(8, 8)).fingerprint
    other = [Teacher(model, layer="first"), Teacher(model, reading="cam"), Teacher(model, grid=(2, 2))]
    changed = keras.models.clone_model(model)
    assert len({same, Teacher(changed).fingerprint, *(teacher.fingerprint for teacher in other)}) == 5


# ---- where they come from ----


@pytest.mark.parametrize("reading", ["mean", "cam"])
def test_a_run_and_a_file_take_pixels_as_they_are(tmp_path, reading):
    """Normalization is part of the saved model, whether the teacher is that file, its run or the model itself."""
    model, images = classifier(), random_images()
    mean, std = (120.0, 110.0, 100.0), (60.0, 50.0, 40.0)
    whole = with_normalization(model, mean, std)
    run = tmp_path / "run"
    run.mkdir()
    whole.save(run / "final.keras")
    expected = Teacher(model, reading=reading).maps((images - np.float32(mean)) / np.float32(std))
    for source in (whole, str(run / "final.keras"), str(run)):
        np.testing.assert_allclose(Teacher(source, reading=reading).maps(images), expected, rtol=1e-4, atol=1e-5)


def test_a_model_of_keras_is_prepared_as_it_needs(monkeypatch):
    """Its own preprocessing, and logits in place of probabilities, so that CAMs have a head to read."""
    asked = {}

    def make(**settings):
        asked.update(settings)
        return brightness()

    class module:
        def preprocess_input(images):
            return images / 2 + 3

    monkeypatch.setitem(_source.APPLICATIONS, "vgg16", (make, module))
    images = random_images(size=14)
    maps = Teacher("vgg16", grid=None).maps(images)
    assert asked == {"weights": "imagenet", "classifier_activation": None}
    np.testing.assert_allclose(maps, images.mean(axis=3) / 2 + 3, rtol=1e-4)


def failing(message):
    def make(**settings):
        raise Exception(message)

    return make, None


def test_a_teacher_that_cannot_be_downloaded_says_what_to_do(monkeypatch):
    message = "URL fetch failure on https://storage.example/weights.h5: None -- unreachable\nmore"
    monkeypatch.setitem(_source.APPLICATIONS, "resnet50", failing(message))
    expected = r"resnet50 can't be downloaded: URL fetch.*unreachable .*weights=FILE\).*a run or a \.keras file"
    with pytest.raises(ConnectionError, match=expected):
        Teacher("resnet50").maps(random_images())


def test_weights_of_another_model_are_refused(monkeypatch, tmp_path):
    monkeypatch.setitem(_source.APPLICATIONS, "resnet50", failing("Layer count mismatch"))
    (tmp_path / "other.h5").touch()
    with pytest.raises(ValueError, match=r"other\.h5' does not hold the weights of resnet50: Layer count mismatch"):
        Teacher("resnet50", weights=str(tmp_path / "other.h5")).maps(random_images())


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS.exists(), reason="needs weights that are not part of the repository")
def test_trained_teachers_load_and_look_somewhere():
    images = random_images(4, 32)
    mobilenet = str(WEIGHTS / "mobilenet_v2_1.0_224_imagenet.weights.h5")
    for teacher in (
        Teacher("mobilenet_v2", weights=mobilenet),
        Teacher("mobilenet_v2", weights=mobilenet, reading="cam"),
        Teacher(str(WEIGHTS / "squeezenet_v1.1_imagenet.keras"), layer="fire9_concat"),
        Teacher(str(WEIGHTS / "resnet20_cifar10.keras")),
        Teacher(str(WEIGHTS / "resnet56_cifar10.keras"), reading="cam", grid=(8, 8)),
    ):
        maps = teacher.maps(images)
        assert maps.shape == (4, *teacher.shape)
        assert maps.min() >= 0
        assert (maps.std(axis=(1, 2)) > 0).all()


# ---- refusals ----


class NoGraph(keras.Model):
    """A model that Keras knows no graph of."""


WRAPPED = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(2), classifier()])
BAD = {
    "a number": (dict(model=3), TypeError, "must be a name, a path or a Keras model; got 3"),
    "a wrong name": (dict(model="resnet5"), ValueError, "Did you mean 'resnet50'"),
    "no file": (dict(model="no/such.keras"), FileNotFoundError, "no teacher at 'no/such.keras'"),
    "no weights": (dict(model="vgg16", weights="no.h5"), FileNotFoundError, "no file of weights for vgg16"),
    "a folder": (dict(model=str(ROOT)), FileNotFoundError, "is not a run: final.keras is missing"),
    "a wrong layer": (dict(model=classifier(), layer="lust"), ValueError, "Did you mean 'last'"),
    "a wrong reading": (dict(model=classifier(), reading="max"), ValueError, "reading must be one of"),
    "an empty size": (dict(model=classifier(), layer="first", size=(0, 8)), ValueError, "size must be at least 1"),
    "another size": (dict(model=classifier(), size=(9, 9)), ValueError, "does not take images of"),
    "one side": (dict(model=classifier(), grid=7), ValueError, "grid must be two whole numbers"),
    "no head": (dict(model=brightness(), reading="cam"), ValueError, r'one dense layer.*Use reading="mean"'),
    "a layer beside the head": (
        dict(model=classifier(), reading="cam", layer="first"),
        ValueError,
        "before global average pooling, which is that of 'last'; got layer='first'",
    ),
    "a model in a model": (dict(model=WRAPPED), ValueError, "as one layer"),
    "no map": (dict(model=keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])), ValueError, "has none"),
    "no graph": (dict(model=NoGraph()), TypeError, "must be a functional or Sequential model"),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD.values(), ids=BAD)
def test_bad_teachers_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        Teacher(**settings).maps(random_images(size=8))
