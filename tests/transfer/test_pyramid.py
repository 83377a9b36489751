"""A detector's features are the classifier's own, level by level."""

import keras
import numpy as np
import pytest

from cutmix_tf import models
from cutmix_tf.transfer import DetectionConfig, build_detector, feature_pyramid, load_backbone

MEAN, STD = (120.0, 110.0, 100.0), (60.0, 61.0, 62.0)


def classifier(name, size, stem="auto", seed=0):
    """A model of pixels whose weights and statistics are all drawn at random, as a trained one's are all its own."""
    model = models.with_normalization(models.build(name, num_classes=3, input_shape=(*size, 3), stem=stem), MEAN, STD)
    draw = np.random.default_rng(seed)
    model.set_weights([weight + 0.1 * draw.random(weight.shape) for weight in model.get_weights()])
    return model


def images_of(size):
    return np.random.default_rng(1).integers(0, 256, (2, *size, 3)).astype(np.float32)


def outputs_at(model, names, images):
    maps = models.feature_maps(model)
    return [np.asarray(keras.Model(model.inputs[0], maps[name]).predict_on_batch(images)) for name in names]


def save_as_run(model, folder):
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    model.save(folder / "final.keras")
    return str(folder)


ENDS = ["stage2_block2_out", "stage3_block2_out", "stage4_block2_out"]


@pytest.mark.slow
def test_a_runs_weights_arrive_in_the_detector_level_by_level(tmp_path):
    """From the folder of a run to the features inside keras-cv's model."""
    size = 64, 64
    model = classifier("resnet18", size, "imagenet")
    run = save_as_run(model, tmp_path / "run")
    config = DetectionConfig(dataset="scenes", image_size=size, backbone=run, epochs=1)
    detector = build_detector(load_backbone(run, size), config, num_classes=2)
    images = images_of(size)
    features = detector.feature_extractor.predict_on_batch(images)
    assert [features[level].shape[1:] for level in ("P3", "P4", "P5")] == [(8, 8, 128), (4, 4, 256), (2, 2, 512)]
    for level, feature in zip(("P3", "P4", "P5"), outputs_at(model, ENDS, images), strict=True):
        np.testing.assert_array_equal(features[level], feature)


@pytest.mark.slow
def test_levels_coarser_than_the_model_are_pooled_at_any_size():
    other, model = classifier("resnet20", (32, 32)), classifier("resnet20", (32, 48), seed=7)
    model.set_weights(other.get_weights())
    images = images_of((32, 48))
    (finest,) = outputs_at(model, ["stage3_block3_out"], images)
    pyramid = feature_pyramid(other, (32, 48))
    features = pyramid.predict_on_batch(images)
    np.testing.assert_array_equal(features[0], finest)
    pooled = finest.reshape(2, 4, 2, 6, 2, 64).max(axis=(2, 4))
    np.testing.assert_array_equal(features[1], pooled)
    assert (pyramid.stride, features[2].shape) == (4, (2, 2, 3, 64))


def test_a_finer_level_is_one_of_the_models_own():
    pyramid = feature_pyramid(classifier("resnet20", (32, 32)), (32, 48), finest_stride=1)
    assert list(pyramid.pyramid_level_inputs.values()) == [
        "stage1_block3_out",
        "stage2_block3_out",
        "stage3_block3_out",
    ]
    assert [output.shape[1:3] for output in pyramid.outputs] == [(32, 48), (16, 24), (8, 12)]


def test_the_copy_has_weights_of_its_own():
    model = classifier("resnet20", (32, 32))
    before = [weight.copy() for weight in model.get_weights()]
    pyramid = feature_pyramid(model, (32, 32))
    pyramid.set_weights([0 * weight for weight in pyramid.get_weights()])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_shared_graph_is_the_model_itself():
    """`with_normalization` shares layers with the bare model, whose graph must not be taken."""
    pyramid = feature_pyramid(classifier("resnet20", (32, 32)), (32, 32))
    assert {"subtract_mean", "divide_by_std"} <= {layer.name for layer in pyramid.layers}


def dense_only():
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(inputs)))


@pytest.mark.parametrize(
    ("make", "options", "error", "message"),
    [
        (dense_only, {}, ValueError, "feature maps that the whole graph passes through"),
        (lambda: keras.Sequential(), {}, TypeError, "functional model"),
        (lambda: classifier("resnet20", (32, 32)), {"finest_stride": 8}, ValueError, "1, 2, 4; got 8"),
        (lambda: classifier("resnet20", (32, 32)), {"image_size": (40, 32)}, ValueError, r"by 16.*Use \(48, 32\)"),
        (lambda: classifier("resnet20", (32, 32)), {"image_size": (33, 35)}, ValueError, "divisible by"),
    ],
)
def test_errors(make, options, error, message):
    with pytest.raises(error, match=message):
        feature_pyramid(make(), **{"image_size": (32, 32), **options})


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("resnet_20", {}, FileNotFoundError, "a run's folder.*Did you mean 'resnet20'"),
        ("damaged.keras", {}, ValueError, "can't be read as a Keras model"),
        ("damaged.keras", {"stem": "cifar"}, ValueError, "Leave out stem"),
        (".", {}, FileNotFoundError, "is not a run"),
    ],
)
def test_backbones_that_are_not_there(tmp_path, monkeypatch, name, options, error, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "damaged.keras").write_bytes(b"PK")
    with pytest.raises(error, match=message):
        load_backbone(name, (32, 32), **options)
