"""keras-cv's RetinaNet on our backbones. keras-cv is archived; this file alone knows its detector.

It is imported where a detector is built or loaded, since importing keras-cv takes seconds.
"""

import keras
import tensorflow as tf

from cutmix_tf.transfer._pyramid import FeaturePyramid

try:
    import keras_cv
except ImportError as error:
    raise ImportError("Detectors need keras-cv. Run pip install 'cutmix_tf[train]'.") from error

if keras.config.backend() != "tensorflow":
    raise ImportError(f"Detectors need Keras on TensorFlow; it runs on {keras.config.backend()}. Set KERAS_BACKEND.")

BOXES = "yxyx"  # keras-cv's name of top, left, bottom, right in pixels
ANCHOR = 4  # side of the smallest square anchor by default, in strides of the finest level
OVERLAP = 0.5  # of boxes of one class, above which the less confident is dropped


@keras.saving.register_keras_serializable(package="cutmix_tf")
class RetinaNet(keras_cv.models.RetinaNet):
    """keras-cv's RetinaNet, for batches of ({"images": …}, {"boxes": …, "classes": …}).

    keras-cv's own loss expects the images by themselves, which Keras 3 warns do not match the model's input.
    """

    def compute_loss(self, x, y, y_pred, sample_weight=None, **kwargs):
        """The sum of focal loss and smooth L1 loss, each divided by the number of matched anchors."""
        return super().compute_loss(x["images"], y, y_pred, sample_weight, **kwargs)


@keras.saving.register_keras_serializable(package="cutmix_tf")
class ClasswiseSuppression(keras.layers.Layer):
    """Non-maximum suppression for each class by itself, as usual for VOC and COCO; keras-cv's is for all together.

    Args:
      least_score: Boxes with a lower score are dropped.
      count: The largest number of boxes in an image.
      **kwargs: Of the layer.
    """

    bounding_box_format = BOXES

    def __init__(self, least_score: float = 0.05, count: int = 100, **kwargs):
        super().__init__(**kwargs)
        self.least_score, self.count = least_score, count
        self.built = True

    def call(self, boxes, logits, images=None, image_shape=None):
        """The remaining boxes by falling score, and how many of the `count` rows are filled."""
        found = tf.image.combined_non_max_suppression(
            tf.expand_dims(boxes, 2),
            tf.sigmoid(logits),
            max_output_size_per_class=self.count,
            max_total_size=self.count,
            iou_threshold=OVERLAP,
            score_threshold=self.least_score,
            clip_boxes=False,
        )
        return {
            "boxes": found.nmsed_boxes,
            "confidence": found.nmsed_scores,
            "classes": tf.cast(found.nmsed_classes, tf.int32),
            "num_detections": found.valid_detections,
        }

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "least_score": self.least_score, "count": self.count}


def build_retinanet(pyramid: FeaturePyramid, num_classes: int, smallest_anchor: float | None = None) -> RetinaNet:
    """An untrained RetinaNet head on a pyramid: five levels of nine anchors a cell, as in the paper.

    Args:
      pyramid: The feature maps of three levels; the head adds two coarser ones.
      num_classes: Number of classes.
      smallest_anchor: Side in pixels of the smallest square anchor; each level doubles it. None for four times the
        finest stride: at the usual stride of 8, square anchors have sides of 32 to 813 pixels.

    Reference:
      Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, https://arxiv.org/abs/1708.02002, section 4.
    """
    doublings = [2**level for level in range(5)]
    smallest = ANCHOR * pyramid.stride if smallest_anchor is None else smallest_anchor
    anchors = keras_cv.layers.AnchorGenerator(
        bounding_box_format=BOXES,
        sizes=[float(smallest * times) for times in doublings],
        aspect_ratios=[0.5, 1.0, 2.0],
        scales=[2 ** (third / 3) for third in range(3)],
        strides=[pyramid.stride * times for times in doublings],
        clip_boxes=True,
    )
    return RetinaNet(
        backbone=pyramid,
        num_classes=num_classes,
        bounding_box_format=BOXES,
        anchor_generator=anchors,
        prediction_decoder=ClasswiseSuppression(),
    )
