"""The usual check of a detector: it overfits 128 images of COCO. It is tested on the images it was trained on.

coco128 is a TFDS-style set of 128 training images; any small set with boxes does as well. Many of its objects are small
at 192 pixels, so the anchors begin at 16 pixels rather than 32.

Run     cutmix-tf transfer detection detection_coco128 --data-dir FOLDER
"""

from cutmix_tf.transfer import DetectionConfig

config = DetectionConfig(
    dataset="coco128",
    train_split="train",
    test_split="train",
    image_size=(192, 192),
    backbone="resnet18",
    smallest_anchor=16,
    flip=False,
    epochs=50,
    batch_size=8,
    optimizer="adam",
    learning_rate=5e-4,
    evaluate_every=10,
)
