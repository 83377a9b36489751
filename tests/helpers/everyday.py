"""A small problem as Keras users have it: images in classes, a small model of their own, plain Keras calls."""

import keras
import numpy as np
import tensorflow as tf

CLASSES = 4


def arrays(count=48, size=16, seed=0):
    """uint8 images, each class with a color of its own, and integer labels."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    images = draw.integers(0, 60, (count, size, size, 3)) + 40 * labels[:, None, None, None]
    return images.astype(np.uint8), labels.astype(np.int32)


def batches(count=48, seed=0, batch_size=16):
    return tf.data.Dataset.from_tensor_slices(arrays(count, seed=seed)).batch(batch_size)


def small_model(size=16, activation=None):
    return keras.Sequential(
        [
            keras.Input((size, size, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(CLASSES, activation=activation),
        ]
    )
