"""The head of a classifier and its class-activation maps: found, computed by hand, refused."""

import keras
import numpy as np
import pytest
from helpers.small_models import build, images_for, small, some

from cutmix_tf.models import class_activation_maps, find_head, has_head
from cutmix_tf.models._graph import call_of, outputs_of

LAYERS = keras.layers


def classifier(*ending, size=(6, 5)):
    """Two convolutions, then the given layers."""
    images = keras.Input((*size, 3))
    x = LAYERS.ReLU(name="last")(LAYERS.Conv2D(4, 3, name="conv")(images))
    for layer in ending:
        x = layer(x)
    return keras.Model(images, x, name="mine")


def pool(**options):
    return LAYERS.GlobalAveragePooling2D(data_format=options.pop("data_format", "channels_last"), **options)


def logits_by_head(model, images):
    features, kernel, bias = find_head(model)
    maps = np.asarray(keras.Model(model.inputs[0], features)(images))
    return maps.mean(axis=(1, 2)) @ kernel + bias


ENDINGS = {
    "dense": (pool(), LAYERS.Dense(7)),
    "dropout": (pool(), LAYERS.Dropout(0.5), LAYERS.Dense(7)),
    "no bias": (pool(), LAYERS.Dense(7, use_bias=False)),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_a_head_makes_the_logits(ending):
    model = classifier(*ending)
    images = images_for(model)
    assert has_head(model)
    np.testing.assert_allclose(logits_by_head(model, images), model(images), rtol=1e-4, atol=1e-6)
    assert find_head(model).features is model.get_layer("last").output


@pytest.mark.parametrize("kind", ["resnet", "pyramidnet", "wide_resnet"])
def test_models_of_the_table_have_one(kind):
    model = small(kind)
    images = images_for(model)
    np.testing.assert_allclose(logits_by_head(model, images), model(images), rtol=1e-4, atol=1e-5)


def test_a_model_inside_a_model_may_make_the_map():
    images = keras.Input((6, 5, 3))
    body = keras.Sequential([keras.Input((6, 5, 3)), LAYERS.Conv2D(4, 3)], name="body")
    model = keras.Model(images, LAYERS.Dense(7)(pool()(body(images))))
    x = images_for(model)
    np.testing.assert_allclose(logits_by_head(model, x), model(x), rtol=1e-4, atol=1e-6)


def test_a_sequential_model_may_have_one():
    model = keras.Sequential([keras.Input((6, 5, 3)), LAYERS.Conv2D(4, 3), pool(), LAYERS.Dense(7)])
    x = images_for(model)
    np.testing.assert_allclose(logits_by_head(model, x), model(x), rtol=1e-4, atol=1e-6)


def test_the_head_is_that_of_the_model_asked_even_where_its_layers_are_shared():
    """Keras' `layer.output` would be the one of the first model (keras-team/keras#23238)."""
    first = classifier(pool(), LAYERS.Dense(7))
    images = keras.Input((9, 8, 3))
    second = keras.models.clone_model(first, images, clone_function=lambda layer: layer)
    for model, size in ((first, (4, 3)), (second, (7, 6))):
        assert find_head(model).features.shape == (None, *size, 4)
        assert outputs_of(model)["conv"].shape == (None, *size, 4)
        x = images_for(model)
        np.testing.assert_allclose(logits_by_head(model, x), model(x), rtol=1e-4, atol=1e-6)


def test_outputs_are_those_of_the_layers_in_their_order():
    model = small("se")
    outputs = outputs_of(model)
    assert list(outputs) == [layer.name for layer in model.layers]
    assert all(outputs[layer.name] is layer.output for layer in model.layers)
    assert call_of(model.output).layer is model.layers[-1]


WITHOUT = {
    "softmax": classifier(pool(), LAYERS.Dense(7, "softmax")),
    "two dense layers": classifier(pool(), LAYERS.Dense(6), LAYERS.Dense(7)),
    "flattened": classifier(LAYERS.Flatten(), LAYERS.Dense(7)),
    "maximum": classifier(LAYERS.GlobalMaxPooling2D(), LAYERS.Dense(7)),
    "local average": classifier(LAYERS.AveragePooling2D((4, 3)), LAYERS.Flatten(), LAYERS.Dense(7)),
    "no dense layer": classifier(pool()),
    "average over other axes": classifier(pool(data_format="channels_first"), LAYERS.Dense(7)),
    "dense on the map": classifier(LAYERS.Dense(7)),
    "two outputs": keras.Model(*(lambda x: (x, [x, LAYERS.Dense(7)(pool()(x))]))(keras.Input((6, 5, 3)))),
    "no graph": keras.Sequential(name="mine"),
}


@pytest.mark.parametrize("model", WITHOUT.values(), ids=WITHOUT)
def test_other_endings_are_refused(model):
    assert not has_head(model)
    with pytest.raises(ValueError, match=f"global average pooling and one dense layer .*{model.name!r} ends otherwise"):
        find_head(model)


# --- class-activation maps -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_maps_are_the_weighted_channels(dtype):
    features, kernel, classes = some(3, 4, 5, 6), some(6, 7, seed=1), np.array([2, 0, 6])
    features = np.asarray(keras.ops.cast(keras.ops.cast(features, dtype), "float32"))
    maps = np.asarray(class_activation_maps(keras.ops.cast(features, dtype), kernel, classes))
    assert maps.dtype == np.float32
    for example, row, column in np.ndindex(3, 4, 5):
        expected = features[example, row, column] @ kernel[:, classes[example]]
        assert maps[example, row, column] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_mean_of_a_map_and_the_bias_are_the_logit():
    model = build()
    images, classes = images_for(model, batch=5), np.arange(5)
    features, kernel, bias = find_head(model)
    maps = class_activation_maps(keras.Model(model.inputs[0], features)(images), kernel, classes)
    logits = np.asarray(model(images))[np.arange(5), classes]
    np.testing.assert_allclose(np.mean(maps, axis=(1, 2)) + bias[classes], logits, rtol=1e-4, atol=1e-5)
