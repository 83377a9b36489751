"""Detection of the second 25 classes of tiny_imagenet50 with few images, on features of the first 25.

Run     cutmix-tf transfer detection detection_tiny_imagenet50 --backbone RUN
"""

from cutmix_tf.transfer import DetectionConfig

config = DetectionConfig(
    dataset="tiny_imagenet50",
    train_split="train[:10%]",
    test_split="validation",
    classes=(25, 50),
    image_size=(64, 64),
    backbone="resnet20",
    epochs=20,
    batch_size=16,
    optimizer="adam",
    learning_rate=2e-4,
)
