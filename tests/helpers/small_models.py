"""Small models by the builders of the table, and what tests ask of any model."""

import math

import keras
import numpy as np

from cutmix_tf import models
from cutmix_tf.models._pyramidnet import pyramidnet
from cutmix_tf.models._resnet import basic, grouped, resnet
from cutmix_tf.models._wide_resnet import wide_resnet

KINDS = ("resnet", "resnext", "se", "ge", "pyramidnet", "wide_resnet")


def build(name="resnet20", num_classes=10, input_shape=(16, 16, 3), **options):
    return models.build(name, num_classes=num_classes, input_shape=input_shape, **options)


def small(kind, *, size=(12, 8), **options):
    """A residual model of three stages with one or two narrow units each, for 5 classes."""
    images = keras.Input((*size, 3))
    common = {"num_classes": 5, "stem": "cifar", "sync_batch_norm": True}
    common |= {name: value for name, value in options.items() if value is not None}
    narrow = {"block": basic, "depths": (1, 2, 1), "width": 16}
    logits = {
        "resnet": lambda: resnet(images, **common, **narrow),
        "resnext": lambda: resnet(images, **common, **(narrow | {"block": grouped, "width": 32})),
        "se": lambda: resnet(images, **common, **narrow, attention="squeeze_excite"),
        "ge": lambda: resnet(images, **common, **narrow, attention="gather_excite"),
        "pyramidnet": lambda: pyramidnet(images, **common, depth=20, alpha=24),
        "wide_resnet": lambda: wide_resnet(images, **common, depth=16, widen=2),
    }[kind]()
    return keras.Model(images, logits, name=kind)


def some(*shape, seed=0):
    """Normal values."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def images_for(model, batch=2, seed=0):
    return some(batch, *model.input_shape[1:], seed=seed)


def output_of(model, layer):
    return model.get_layer(layer).output


def trainable(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def units_in(model):
    """The names of a model's residual units."""
    return [layer.name.removesuffix("_out") for layer in model.layers if "block" in layer.name and "_out" in layer.name]


# ---- layers, computed by NumPy ----


def windows(x, size, stride, fill):
    """Windows (batch, rows, columns, channels, size, size) of x with `size // 2` values around it."""
    margin = size // 2
    x = np.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]


def convolved(x, kernel, stride):
    return np.einsum("bhwcij,ijcf->bhwf", windows(x, kernel.shape[0], stride, 0), kernel)
