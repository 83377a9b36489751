"""Classifiers to deploy, images of several sizes, and what a child process without our package predicts."""

import subprocess
import sys

import keras
import numpy as np

from cutmix_tf.inference import Classifier
from cutmix_tf.models import WithDropBlock, WithShakeDrop, WithStochasticDepth, with_normalization
from helpers.small_models import small

NAMES = ("ant", "bee", "cat", "dög", "elk")
SIZES = ((12, 8), (7, 31), (40, 40), (12, 8))
REGULARIZERS = {
    "none": None,
    "drop_block": WithDropBlock(0.3, block_size=3),
    "stochastic_depth": WithStochasticDepth(0.4),
    "shake_drop": WithShakeDrop(0.5),
}


def some_model(regularizer=None, seed=0):
    """A small residual model from pixels of 12×8 images to logits of five classes, with weights as after training."""
    keras.utils.set_random_seed(seed)
    model = with_normalization(small("resnet", regularizer=regularizer), (100.0, 120.0, 90.0), (50.0, 70.0, 60.0))
    draw = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([draw.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return model


def some_classifier(**options):
    """A classifier of that model, which resizes images to cover a little more than it looks at."""
    return Classifier.from_logits(some_model(**options), NAMES, resize_to=(14, 9))


def some_images(sizes=SIZES, seed=0):
    """One uint8 image of each size."""
    draw = np.random.default_rng(seed)
    return [draw.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


CHILD = """
import sys
sys.modules["cutmix_tf"] = None  # whoever imports it fails
import keras, numpy as np
file, images, results = sys.argv[1:]
model = keras.saving.load_model(file)
images = np.load(images)
np.savez(results, **{name: model.predict(images[name], verbose=0) for name in images})
"""


def predicted_elsewhere(file, batches, folder):
    """What a process that can't import our package predicts for batches of images, with the model in a file."""
    names = [f"batch{number}" for number in range(len(batches))]
    np.savez(folder / "images.npz", **dict(zip(names, batches, strict=True)))
    words = [sys.executable, "-c", CHILD, str(file), str(folder / "images.npz"), str(folder / "results.npz")]
    subprocess.run(words, check=True, capture_output=True, cwd=folder)
    with np.load(folder / "results.npz") as results:
        return [results[name] for name in names]
