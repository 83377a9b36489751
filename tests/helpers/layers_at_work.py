"""Regularizing layers called in training and in inference, and small models of them."""

import keras
import numpy as np
from keras import ops

from helpers.small_models import some


def train(layer, x):
    return ops.convert_to_numpy(layer(x, training=True))


def infer(layer, x):
    return ops.convert_to_numpy(layer(x, training=False))


def ones(*shape):
    return np.ones(shape, "float32")


def small_model(*layers, size=(6, 5)):
    images = keras.Input((*size, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(images)
    for layer in layers:
        x = layer(x)
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)), name="small")


def fit(model, examples=10, **options):
    model.compile("sgd", "mse", **{name: options.pop(name) for name in ("jit_compile",) if name in options})
    return model.fit(some(examples, *model.input_shape[1:]), some(examples, 2), batch_size=4, verbose=0, **options)
