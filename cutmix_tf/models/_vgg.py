"""VGG-16 (Simonyan and Zisserman, ICLR 2015) for class activation maps: keras-cv's, with a convolutional head."""

import keras

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._keras_cv import backbone, copied, left_out
from cutmix_tf.models._layers import classify


def vgg16_gap(images, *, num_classes: int, stem: str, sync_batch_norm: bool) -> keras.KerasTensor:
    """The logits of VGG-GAP: VGG-16's convolutions, one more with 1024 channels, global average, dense layer.

    The last max pool is left out, so that an image of 224 pixels gives a map of 14. There is one stem, and nothing
    to synchronize.

    The whole graph passes through `stage1_out` to `stage5_out` and through `head_out`, the added convolution. Inner
    layers have keras-cv's names.
    """
    del stem, sync_batch_norm
    ends = {f"block{stage}_pool": f"stage{stage}_out" for stage in range(1, 5)} | {"block5_conv3": "stage5_out"}

    def replace(layer):
        name = ends.get(layer.name, layer.name)
        if isinstance(layer, keras.layers.Conv2D):
            return copied(layer, name=name, kernel_initializer=_normal())
        return left_out if name == "block5_pool" else copied(layer, name=name)

    x = backbone("VGG16Backbone", images, replace, include_top=False)
    x = keras.layers.Conv2D(
        1024,
        3,
        padding="same",
        activation="relu",
        kernel_initializer=_normal(),
        data_format="channels_last",
        name="head_out",
    )(x)
    return classify(x, num_classes)


def _normal() -> keras.initializers.Initializer:
    """N(0, 2 / fan-out), as in the other models; a new one per layer, or all would draw the same values."""
    return keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")


VGGS = {
    "vgg16_gap": Architecture(
        description="VGG-GAP: VGG-16's convolutions and one of 1024 channels, for localization",
        strides={"imagenet": 16},
        builder=vgg16_gap,
    )
}
