"""A small backbone and the families of backbones that transfer tests train on."""

import keras

SIZE = 32, 64
FAMILIES = (
    *("resnet20", "resnet110_bottleneck", "resnet18", "resnet50", "resnext50_32x4d", "se_resnet50", "ge_resnet50"),
    *("pyramidnet110", "wrn16_1", "densenet121", "efficientnet_b0", "vgg16_gap"),
)


def small_backbone():
    """Three strided convolutions, to stride 8, always with the same weights."""
    keras.utils.set_random_seed(3)
    inputs = x = keras.Input((*SIZE, 3))
    x = keras.layers.Rescaling(1 / 128, -1)(x)
    for width in (8, 16, 32):
        x = keras.layers.Conv2D(width, 3, 2, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
    return keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x)))
