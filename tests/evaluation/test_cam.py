"""Class-activation maps and Grad-CAM: against the logits, and against each other."""

import keras
import numpy as np
import pytest
from helpers.evaluated_models import CLASSES, SIZE, flat_model, images_of, in_pixels

from cutmix_tf import evaluation as ev

LAYERS = keras.layers


def classifier(dropout=False):
    """A small model with a bias, and with dropout before the dense layer if asked for."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIZE, SIZE, 3))
    x = LAYERS.Conv2D(8, 3, strides=2, padding="same", name="first")(inputs)
    x = LAYERS.ReLU()(LAYERS.BatchNormalization()(x))
    x = LAYERS.ReLU(name="last")(LAYERS.Conv2D(6, 3, padding="same")(x))
    x = LAYERS.GlobalAveragePooling2D()(x)
    x = LAYERS.Dropout(0.5)(x) if dropout else x
    return in_pixels(keras.Model(inputs, LAYERS.Dense(5, bias_initializer="random_normal")(x), name="small"))


@pytest.mark.parametrize("dropout", [False, True])
def test_a_map_averages_to_the_logit_without_its_bias(dropout):
    model, images = classifier(dropout), images_of()
    logits = model.logits(images)
    for label in range(5):
        maps = ev.cam(model, images, np.full(7, label))
        assert maps.shape == (7, 6, 6)
        np.testing.assert_allclose(maps.mean(axis=(1, 2)) + model.head.bias[label], logits[:, label], atol=1e-5)


def test_maps_are_of_the_predicted_classes_by_default():
    model, images = classifier(), images_of()
    predicted = model.logits(images).argmax(axis=1)
    np.testing.assert_array_equal(ev.cam(model, images), ev.cam(model, images, predicted))


def test_grad_cam_before_the_average_is_cam_clipped_and_divided_by_the_positions():
    model, images = classifier(dropout=True), images_of()
    classes = np.arange(7) % 5
    expected = np.maximum(ev.cam(model, images, classes), 0) / 36
    assert expected.any()
    np.testing.assert_allclose(ev.grad_cam(model, images, classes), expected, atol=1e-7)
    np.testing.assert_allclose(ev.grad_cam(model, images, classes, layer="last"), expected, atol=1e-7)


def test_grad_cam_does_not_need_such_a_head():
    inputs = keras.Input((SIZE, SIZE, 3))
    x = LAYERS.Conv2D(4, 3, activation="relu", name="only")(inputs)
    model = in_pixels(keras.Model(inputs, LAYERS.Dense(3)(LAYERS.Flatten()(x)), name="conv"))
    assert ev.grad_cam(model, images_of(), layer="only").shape == (7, 10, 10)
    for function in (ev.cam, ev.grad_cam):
        with pytest.raises(ValueError, match="ends in global average pooling and one dense layer"):
            function(flat_model(), images_of())


def test_layers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Did you mean 'last'"):
        ev.grad_cam(classifier(), images_of(), layer="lust")
    inputs = keras.Input((SIZE, SIZE, 3))
    side = LAYERS.Conv2D(3, 1, name="side")(inputs)
    outputs = LAYERS.Dense(2)(LAYERS.GlobalAveragePooling2D()(side + inputs))
    with pytest.raises(ValueError, match="bypasses this feature map"):
        ev.grad_cam(in_pixels(keras.Model(inputs, outputs)), images_of(), layer="side")


@pytest.mark.parametrize("classes", [np.zeros(3, int), np.full(7, 5), np.full(7, -1)])
def test_classes_that_do_not_fit_are_refused(classes):
    with pytest.raises(ValueError, match=r"a class id in \[0, 5\) for each of the 7 images"):
        ev.cam(classifier(), images_of(), classes)


def test_a_head_is_missing_in_a_flat_model():
    with pytest.raises(ValueError, match="ends otherwise"):
        _ = flat_model().head
    assert flat_model().num_classes == CLASSES
