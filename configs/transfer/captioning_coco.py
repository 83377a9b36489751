"""COCO captions as in Table 10 of the CutMix paper: NIC on a ResNet-50, by Karpathy and Fei-Fei's splits.

The paper doesn't say how it trained NIC; these settings are ours, close to those of Vinyals et al.

Run     cutmix-tf transfer captioning captioning_coco --backbone RUN
"""

from cutmix_tf.transfer import CaptioningConfig

config = CaptioningConfig(
    dataset="coco_captions",
    image_size=(224, 224),
    backbone="resnet50",
    epochs=20,
    batch_size=64,
    vocabulary=10_000,
    longest=20,
    units=512,
    dropout=0.3,
    beam=3,
    optimizer="adam",
    learning_rate=2e-4,
    clip_norm=5.0,
)
