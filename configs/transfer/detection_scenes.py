"""Detection of shapes in the built-in scenes, 96×128 pixels: everything in a small space, without downloads.

Run     cutmix-tf transfer detection detection_scenes --backbone runs/shapes_resnet20_cutmix
"""

from cutmix_tf.transfer import DetectionConfig

config = DetectionConfig(
    dataset="scenes",
    image_size=(96, 128),
    backbone="resnet20",
    epochs=10,
    batch_size=8,
    optimizer="adam",
    learning_rate=2e-4,
)
