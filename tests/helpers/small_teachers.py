"""Small teachers, and images for them."""

import keras
import numpy as np

from cutmix_tf import datasets


def brightness(size=14):
    """A model whose only feature is the brightness of each pixel: its map is exact."""
    inputs = keras.Input((size, size, 3))
    third = keras.initializers.Constant(1 / 3)
    x = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer=third, name="bright")(inputs)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x), name="brightness")


def classifier(channels=4):
    """A small model of the usual shape, with weights drawn from a seed."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(channels, 3, padding="same", name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="last")(x)
    return keras.Model(inputs, keras.layers.Dense(5, name="logits")(keras.layers.GlobalAveragePooling2D()(x)))


def random_images(count=6, size=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def split_of(count=300, seed=0):
    """Examples without classes worth mentioning."""
    return datasets.ArraySplit(random_images(count, seed=seed), np.zeros(count, np.int32))
