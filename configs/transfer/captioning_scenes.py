"""Captions of the built-in scenes, 64×64 pixels: everything in a small space, without downloads.

Run     cutmix-tf transfer captioning captioning_scenes --backbone runs/shapes_resnet20_cutmix
"""

from cutmix_tf.transfer import CaptioningConfig

config = CaptioningConfig(
    dataset="scenes",
    image_size=(64, 64),
    backbone="resnet20",
    epochs=15,
    batch_size=16,
    longest=10,
    units=128,
    beam=3,
    optimizer="adam",
    learning_rate=2e-3,
)
