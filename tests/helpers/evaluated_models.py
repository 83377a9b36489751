"""Small classifiers to evaluate, and images on which it is known where they look."""

import keras
import numpy as np

from cutmix_tf import datasets, models
from cutmix_tf import evaluation as ev

SIZE, CLASSES = 12, 4
MEAN, STD = (90.0, 120.0, 150.0), (30.0, 60.0, 90.0)


def images_of(count=7, size=SIZE, seed=0):
    """Noise in every pixel."""
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def quarters(count, seed):
    """Noisy images with one bright quarter for each class, whose box is known."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % CLASSES
    images = draw.integers(0, 120, (count, SIZE, SIZE, 3))
    boxes = np.empty((count, 4), np.int32)
    for image, label, box in zip(images, labels, boxes, strict=True):
        top, left = SIZE // 2 * (label // 2), SIZE // 2 * (label % 2)
        image[top : top + SIZE // 2, left : left + SIZE // 2] += 90
        box[:] = top, left, top + SIZE // 2, left + SIZE // 2
    return datasets.ArraySplit(images.astype(np.uint8), labels, boxes)


def quarters_set():
    """400 training and 60 test images of `quarters`."""
    splits = {"train": quarters(400, 1), "test": quarters(60, 2)}
    return datasets.ImageSet("small", tuple("abcd"), MEAN, STD, splits)


def without_boxes(name="other", classes="abcd"):
    """30 test images that no model here was trained on, without boxes."""
    test = quarters(30, 3)
    split = datasets.ArraySplit(255 - test.images, test.labels)
    return datasets.ImageSet(name, tuple(classes), MEAN, STD, {"test": split})


def small_model(classes=CLASSES, size=SIZE):
    """A convolutional classifier of normalized images."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(16, 5, padding="same", name="first")(inputs)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.Conv2D(16, 5, strides=2)(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU(name="last")(x))
    return keras.Model(inputs, keras.layers.Dense(classes)(x), name="small")


def in_pixels(model, mean=MEAN, std=STD, **facts):
    """A model of normalized images as evaluation takes it."""
    return ev.EvaluatedModel(models.with_normalization(model, mean, std), **{"name": model.name, **facts})


def trained_model():
    """Classifies almost all of `quarters`."""
    keras.utils.set_random_seed(0)
    model, train = small_model(), quarters(400, 1)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    normalized = (train.images.astype(np.float32) - MEAN) / np.array(STD)
    model.fit(normalized.astype(np.float32), train.labels, batch_size=40, epochs=10, verbose=0)
    return in_pixels(model, dataset="small", mix="CutMix(alpha=1.0)")


def red_or_green(size=16, **facts):
    """Two classes; the feature map before the average is the red and the green light of each pixel."""
    inputs = keras.Input((size, size, 3))
    light = keras.layers.Conv2D(2, 1, use_bias=False, name="light")(inputs)
    outputs = keras.layers.Dense(2, name="logits")(keras.layers.GlobalAveragePooling2D()(light))
    model = keras.Model(inputs, outputs, name="colors")
    model.get_layer("light").set_weights([np.array([[1, 0], [0, 1], [0, 0]], np.float32)[None, None]])
    model.get_layer("logits").set_weights([np.eye(2, dtype=np.float32), np.zeros(2, np.float32)])
    return in_pixels(model, mean=(0.0,) * 3, std=(255.0,) * 3, **facts)


def planted(count=20, seed=0, size=16):
    """Images of one red or green rectangle on dark ground, their labels, and where it is."""
    draw = np.random.default_rng(seed)
    images, labels = np.full((count, size, size, 3), 20, np.uint8), draw.integers(2, size=count)
    starts, sides = draw.integers(0, size - 6, (count, 2)), draw.integers(3, 7, (count, 2))
    boxes = np.concatenate([starts, starts + sides], axis=1).astype(np.int32)
    for image, label, (top, left, bottom, right) in zip(images, labels, boxes, strict=True):
        image[top:bottom, left:right, label] = 200
    return images, labels, boxes


def flat_model(size=SIZE, classes=CLASSES):
    """A classifier without global average pooling, so without class-activation maps."""
    inputs = keras.Input((size, size, 3))
    outputs = keras.layers.Dense(classes)(keras.layers.Flatten()(inputs))
    return ev.EvaluatedModel(keras.Model(inputs, outputs), "flat", "small")
