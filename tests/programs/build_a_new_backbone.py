"""A program: lists all names, then prints what the backbone of CONTRIBUTING.md is able to do."""

import keras
import numpy as np

import cutmix_tf as cm
from cutmix_tf.cli import main as cutmix_tf
from cutmix_tf.models import find_head

NAME = "plainnet5"


def main():
    cutmix_tf(["list"])
    model = cm.models.build(NAME, num_classes=7, input_shape=(20, 12, 3))
    images = np.random.default_rng(0).uniform(size=(2, 20, 12, 3)).astype("float32")
    tapped = cm.TappedModel(model, taps=(0, 1, 2, 3))
    np.testing.assert_array_equal(tapped(images), model(images))
    print("logits", tuple(model(images).shape), "grids", tapped.grids, "features", find_head(model).features.shape)
    saved = cm.models.with_normalization(model, mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 6.0))
    print("layers before the convolutions", [layer.name for layer in saved.layers[:4]], "on", keras.backend.backend())


if __name__ == "__main__":
    main()
