"""PASCAL VOC as in Table 10 of the CutMix paper, with RetinaNet in the place of SSD and Faster R-CNN.

Trained on the train and validation images of 2007 and 2012, tested on those of 2007.

Run     cutmix-tf transfer detection detection_voc --backbone RUN
"""

from cutmix_tf.transfer import DetectionConfig

config = DetectionConfig(
    dataset="voc/2007",
    extra="voc/2012",
    image_size=(512, 512),
    backbone="resnet50",
    epochs=24,
    batch_size=16,
    learning_rate=0.01,
    warmup_epochs=1.0,
)
