"""Transfer to detection: a RetinaNet on a classifier's features, trained and scored."""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf import plotting
from cutmix_tf.runs import Checkpoints, Progress, RunFolder, measured_with, save_model, trainable_parameters, write_json
from cutmix_tf.transfer._average_precision import average_precisions
from cutmix_tf.transfer._backbone import backbone_digest, freeze, load_backbone
from cutmix_tf.transfer._detection_config import DetectionConfig
from cutmix_tf.transfer._detector import Detector
from cutmix_tf.transfer._files import DetectionFiles
from cutmix_tf.transfer._object_batches import plain_batches, train_batches
from cutmix_tf.transfer._object_set import ObjectSet, ObjectSplit, load_objects
from cutmix_tf.transfer._objects import Found
from cutmix_tf.transfer._pyramid import feature_pyramid

LOG = logging.getLogger("cutmix_tf")
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
    folder = RunFolder(config)
    with folder.locked():
        if summary := folder.read_summary():
            return summary
        keras.utils.set_random_seed(config.seed)
        objects = objects or load_objects(
            config.dataset,
            train_split=config.train_split,
            test_split=config.test_split,
            extra=config.extra,
            classes=config.classes,
            data_dir=config.data_dir,
            download=config.download,
        )
        digest = {} if backbone is not None else {"backbone": backbone_digest(config.backbone)}
        folder.keep_data({**objects.fingerprints, **digest})
        backbone = backbone or load_backbone(config.backbone, config.image_size, stem=config.stem)
        model = build_detector(backbone, config, len(objects.class_names))
        try:
            return _Training(config, objects, model, folder).run(run_eagerly=run_eagerly, verbose=verbose)
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(f"{config.dataset} can't be read: {error.message.strip()}") from error


def build_detector(backbone: keras.Model, config: DetectionConfig, num_classes: int) -> Any:
    """keras-cv's RetinaNet on a copy of a classifier's layers, with the classifier's weights.

    The images are {"images": float32 (batch, *image_size, 3)}, pixels in [0, 255]; the backbone itself normalizes them.

    Args:
      backbone: A functional model from pixels to anything.
      config: For the image size, the strides of the features, and what of the backbone is frozen.
      num_classes: Number of classes.

    Raises:
      ImportError: if keras-cv is missing.
      ValueError: if the backbone has no feature maps of the strides, or the image size is not a multiple of them.
    """
    from cutmix_tf.transfer._retinanet import build_retinanet  # here, because importing keras-cv takes seconds

    pyramid = feature_pyramid(backbone, config.image_size, config.finest_stride)
    if config.frozen != "nothing":
        freeze(pyramid, norms_only=config.frozen == "batch_norm")
    return build_retinanet(pyramid, num_classes)


def evaluate_detector(detector: Detector, split: ObjectSplit, batch_size: int = 8) -> dict[str, float]:
    """The scores of `average_precisions` on a split, in percent, with boxes in pixels of the images themselves."""
    known, found = [], []
    for batch in plain_batches(split, detector.image_size, batch_size):
        known += batch.objects
        found += detector.find_placed(batch.images, batch.placements)
    return average_precisions(known, found, len(detector.class_names))


class _Training:
    """One training of a detector in a run's folder."""

    def __init__(self, config: DetectionConfig, objects: ObjectSet, model: Any, folder: RunFolder):
        self.config, self.objects, self.model, self.folder = config, objects, model, folder
        self.files = DetectionFiles(folder.home.folder)
        self.steps = math.ceil(objects.train.count / config.batch_size)
        self.detector = Detector(model, objects.class_names)
        self.checkpoints = Checkpoints(self.files.checkpoints)

    def run(self, *, run_eagerly: bool, verbose: int) -> dict[str, Any]:
        """Trains to the end and writes everything; returns the summary."""
        config, began = self.config, time.perf_counter()
        self.model.compile(
            optimizer=_optimizer(config, self.steps),
            box_loss="smoothl1",
            classification_loss="focal",
            run_eagerly=run_eagerly,
            jit_compile=False,
        )
        self.model.optimizer.build(self.model.trainable_variables)
        progress = self.checkpoints.load(self.model)
        recorder = keras.callbacks.LambdaCallback(on_epoch_end=self._recorder(progress))
        for epoch in range(len(progress.history), config.epochs):
            self.model.fit(
                self._train_batches(epoch),
                epochs=epoch + 1,
                initial_epoch=epoch,
                callbacks=[recorder],
                shuffle=False,
                verbose=verbose,
            )
        return self._finish(progress, time.perf_counter() - began)

    def _train_batches(self, epoch: int) -> tf.data.Dataset:
        config, train = self.config, self.objects.train
        options = {"seed": config.seed, "epoch": epoch, "flip": config.flip}
        return train_batches(train, config.image_size, config.batch_size, **options)

    def _recorder(self, progress: Progress) -> Callable[[int, dict[str, float]], None]:
        """What happens after each epoch: it is scored if that is due, recorded, logged and saved."""

        def record(epoch: int, logs: dict[str, float]) -> None:
            number, every = epoch + 1, self.config.evaluate_every
            row = {"epoch": number, **_losses(logs), "learning_rate": float(self.model.optimizer.learning_rate)}
            if number == self.config.epochs or (every is not None and number % every == 0):
                scores = evaluate_detector(self.detector, self.objects.test, self.config.batch_size)
                row |= {f"test_{name}": score for name, score in scores.items()}
            progress.history.append(row)
            progress.step = number * self.steps
            shown = [f"{name} {value:.4g}" for name, value in row.items() if name != "epoch"]
            LOG.info("%s", "  ".join([f"epoch {number}/{self.config.epochs}", *shown]))
            self.folder.write_history(progress.history)
            self.checkpoints.save(self.model, progress)

        return record

    def _finish(self, progress: Progress, seconds: float) -> dict[str, Any]:
        """Saves the detector, draws the figures and writes the summary."""
        save_model(self.model, self.files.final_model)
        write_json(self.files.classes, {"class_names": self.objects.class_names})
        self._draw(progress)
        last = progress.history[-1]
        summary = {
            "task": "detection",
            **{name: getattr(self.config, name) for name in ("dataset", "backbone", "seed", "epochs")},
            **{name.removeprefix("test_"): round(last[name], 4) for name in last if name.startswith("test_")},
            "train_loss_last": round(last["train_loss"], 6),
            "train_images": self.objects.train.count,
            "test_images": self.objects.test.count,
            "classes": len(self.objects.class_names),
            "params": trainable_parameters(self.model),
            "seconds": round(seconds, 1),
            "measured_with": measured_with(),
        }
        write_json(self.files.summary, summary)
        return summary

    def _draw(self, progress: Progress) -> None:
        batch = next(iter(plain_batches(self.objects.test, self.config.image_size, DRAWN)))
        found = [_confident(each) for each in self.detector.find_placed(batch.images, batch.placements)]
        names = self.objects.class_names
        texts = [
            [f"{names[k]} {score:.2f}" for k, score in zip(each.labels, each.scores, strict=True)] for each in found
        ]
        known, boxes = [each.boxes for each in batch.objects], [each.boxes for each in found]
        plotting.draw_objects(batch.originals, known, boxes, texts).savefig(self.files.objects, dpi=120)
        plotting.draw_detection_curves(progress.history).savefig(self.files.curves, dpi=120)


def _confident(found: Found) -> Found:
    """What is drawn of what was found; the most confident come first."""
    kept = np.flatnonzero(found.scores >= LEAST_SCORE)[:MOST_BOXES]
    return Found(*(part[kept] for part in found))


def _losses(logs: dict[str, float]) -> dict[str, float]:
    """The losses of an epoch, as a row names them; without keras-cv's share of matched boxes, which is always 0."""
    return {f"train_{name}": float(logs[name]) for name in ("loss", "box_loss", "classification_loss")}


def _optimizer(config: DetectionConfig, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    warmup = round(config.warmup_epochs * steps_per_epoch)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else config.learning_rate,
        max(config.epochs * steps_per_epoch - warmup, 1),
        warmup_target=config.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    if config.optimizer == "adam":
        return keras.optimizers.Adam(rate, global_clipnorm=config.clip_norm)
    return keras.optimizers.SGD(rate, momentum=0.9, global_clipnorm=config.clip_norm)
