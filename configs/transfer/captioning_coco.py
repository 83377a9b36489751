"""COCO captions as in Table 10 of the CutMix paper: NIC on a ResNet-50, by Karpathy and Fei-Fei's splits.

Batch size, learning rate, epochs and beam are the paper's. It doesn't say more: the optimizer, the sizes, and that the
backbone is kept as it is, are ours.

Run     cutmix-tf transfer captioning captioning_coco --backbone RUN
"""

from cutmix_tf.transfer import CaptioningConfig

config = CaptioningConfig(
    dataset="coco_captions",
    image_size=(224, 224),
    backbone="resnet50",
    frozen="backbone",
    epochs=100,
    batch_size=20,
    vocabulary=10_000,
    longest=20,
    units=512,
    dropout=0.3,
    beam=20,
    optimizer="adam",
    learning_rate=1e-3,
    clip_norm=5.0,
    evaluate_every=10,
)
