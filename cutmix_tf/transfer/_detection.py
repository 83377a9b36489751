"""Transfer to detection: a RetinaNet on a classifier's features, trained and scored."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf import plotting
from cutmix_tf.runs import Row, write_json
from cutmix_tf.transfer._average_precision import average_precisions
from cutmix_tf.transfer._backbone import freeze
from cutmix_tf.transfer._detection_config import DetectionConfig
from cutmix_tf.transfer._detector import Detector
from cutmix_tf.transfer._files import DetectionFiles
from cutmix_tf.transfer._object_batches import plain_batches, train_batches
from cutmix_tf.transfer._object_set import ObjectSet, ObjectSplit, load_objects
from cutmix_tf.transfer._objects import Found
from cutmix_tf.transfer._pyramid import feature_pyramid
from cutmix_tf.transfer._training import Task, train_task

DRAWN = 8  # images in objects.png
LEAST_SCORE, MOST_BOXES = 0.3, 10  # of what is drawn in an image


def train_detector(
    config: DetectionConfig,
    *,
    backbone: keras.Model | None = None,
    objects: ObjectSet | None = None,
    run_eagerly: bool = False,
    verbose: int = 0,
) -> dict[str, Any]:
    """Trains a detector as the config says and fills the run's folder; continues after the last whole epoch.

    Args:
      config: The run's settings.
      backbone: A functional Keras model of pixels in [0, 255] to use instead of the one that the config names.
      objects: A loaded dataset to use instead of the one that the config names.
      run_eagerly: Whether Keras trains without compiling, which is for debugging and for very short runs.
      verbose: As for Keras' `fit`: 1 for a bar in each epoch.

    Returns:
      The summary, as in summary.json: the scores of `average_precisions` on the test split after the last epoch.

    Raises:
      FileExistsError: if the folder holds something else, or another process trains the run.
      FileNotFoundError: if the dataset or the backbone is missing.
      ImportError: if a package of cutmix_tf[train] is missing.
      ValueError: if an image or a label can't be read, or settings don't fit data or backbone.
    """

    def load() -> ObjectSet:
        return objects or load_objects(
            config.dataset,
            train_split=config.train_split,
            test_split=config.test_split,
            extra=config.extra,
            classes=config.classes,
            data_dir=config.data_dir,
            download=config.download,
        )

    def task(backbone: keras.Model, data: ObjectSet) -> Task:
        return _Detection(config, backbone, data)

    return train_task(config, task, load, backbone=backbone, run_eagerly=run_eagerly, verbose=verbose)


def build_detector(backbone: keras.Model, config: DetectionConfig, num_classes: int) -> Any:
    """keras-cv's RetinaNet on a copy of a classifier's layers, with the classifier's weights.

    The images are {"images": float32 (batch, *image_size, 3)}, pixels in [0, 255]; the backbone itself normalizes them.

    Args:
      backbone: A functional model from pixels to anything.
      config: For the image size, the strides of the features, the anchors, and what of the backbone is frozen.
      num_classes: Number of classes.

    Raises:
      ImportError: if keras-cv is missing.
      ValueError: if the backbone has no feature maps of the strides, or the image size is not a multiple of them.
    """
    from cutmix_tf.transfer._retinanet import build_retinanet  # here, because importing keras-cv takes seconds

    pyramid = feature_pyramid(backbone, config.image_size, config.finest_stride)
    freeze(pyramid, config.frozen)
    return build_retinanet(pyramid, num_classes, config.smallest_anchor)


def evaluate_detector(detector: Detector, split: ObjectSplit, batch_size: int = 8) -> dict[str, float]:
    """The scores of `average_precisions` on a split, in percent, with boxes in pixels of the images themselves."""
    known, found = [], []
    for batch in plain_batches(split, detector.image_size, batch_size):
        known += batch.objects
        found += detector.find_placed(batch.images, batch.placements)
    return average_precisions(known, found, len(detector.class_names))


class _Detection(Task):
    """A detector and what it is trained and tested on."""

    name = "detection"
    losses = ("loss", "box_loss", "classification_loss")  # without keras-cv's share of matched boxes, always 0

    def __init__(self, config: DetectionConfig, backbone: keras.Model, objects: ObjectSet):
        self.config, self.objects = config, objects
        self.model = build_detector(backbone, config, len(objects.class_names))
        self.compiling = {"box_loss": "smoothl1", "classification_loss": "focal"}
        self.detector = Detector(self.model, objects.class_names)
        self.train_count = objects.train.count
        self.facts = {"test_images": objects.test.count, "classes": len(objects.class_names)}

    def train_batches(self, epoch: int) -> tf.data.Dataset:
        config = self.config
        options = {"seed": config.seed, "epoch": epoch, "flip": config.flip}
        return train_batches(self.objects.train, config.image_size, config.batch_size, **options)

    def scores(self) -> Row:
        found = evaluate_detector(self.detector, self.objects.test, self.config.batch_size)
        return {f"test_{name}": score for name, score in found.items()}

    def keep(self, folder: Path, history: list[Row]) -> None:
        """The names of the classes, test images with boxes, and curves."""
        files = DetectionFiles(folder)
        write_json(files.classes, {"class_names": self.objects.class_names})
        batch = next(iter(plain_batches(self.objects.test, self.config.image_size, DRAWN)))
        found = [_confident(each) for each in self.detector.find_placed(batch.images, batch.placements)]
        names = self.objects.class_names
        texts = [
            [f"{names[k]} {score:.2f}" for k, score in zip(each.labels, each.scores, strict=True)] for each in found
        ]
        known, boxes = [each.boxes for each in batch.objects], [each.boxes for each in found]
        plotting.draw_objects(batch.originals, known, boxes, texts).savefig(files.objects, dpi=120)
        plotting.draw_detection_curves(history).savefig(files.curves, dpi=120)


def _confident(found: Found) -> Found:
    """What is drawn of what was found; the most confident come first."""
    kept = np.flatnonzero(found.scores >= LEAST_SCORE)[:MOST_BOXES]
    return Found(*(part[kept] for part in found))
