"""A detector as it is used: images in, objects out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf.runs import final_model, read_json
from cutmix_tf.transfer._boxes import Placement, restore_boxes
from cutmix_tf.transfer._examples import on_canvases
from cutmix_tf.transfer._files import DetectionFiles
from cutmix_tf.transfer._objects import Found


class Detector:
    """Finds objects in images.

    Args:
      model: keras-cv's RetinaNet from `build_detector`, trained.
      class_names: A name for each class.

    Attributes:
      image_size: Height and width of the canvas on which images are placed.
    """

    def __init__(self, model: Any, class_names: Sequence[str]):
        self.model, self.class_names = model, tuple(class_names)
        self.image_size: tuple[int, int] = tuple(model.backbone.inputs[0].shape[1:3])
        batch = tf.TensorSpec((None, *self.image_size, 3))
        self._find = tf.function(self._decoded, input_signature=[batch], autograph=False)

    def find(self, images: Sequence[np.ndarray] | np.ndarray) -> list[Found]:
        """The objects in each image, up to 100 by falling score; scores below 0.05 are left out.

        Args:
          images: Of any sizes, each (height, width, 3), any number dtype, pixels in [0, 255].

        Raises:
          ValueError: if there is no image, or one has another shape.
        """
        return self.find_placed(*on_canvases(images, self.image_size))

    def find_placed(self, images: tf.Tensor, placements: Sequence[Placement]) -> list[Found]:
        """The same for images that lie on their canvases already: float32 (batch, *image_size, 3)."""
        found = {name: value.numpy() for name, value in self._find(images).items()}
        results = []
        for row, placement in enumerate(placements):
            count = found["num_detections"][row]
            boxes = restore_boxes(found["boxes"][row, :count], placement).numpy()
            labels, scores = found["classes"][row, :count], found["confidence"][row, :count]
            results.append(Found(boxes, labels.astype(np.int32), scores))
        return results

    def _decoded(self, images):
        return self.model.decode_predictions(self.model({"images": images}, training=False), images)


def load_detector(run: str | Path) -> Detector:
    """The detector of a finished detection run.

    Raises:
      FileNotFoundError: if the folder is not a run, or the run has not finished.
      ImportError: if keras-cv is missing.
      ValueError: if a file is damaged.
    """
    from cutmix_tf.transfer import _retinanet  # noqa: F401, which registers the classes that the file needs

    file = final_model(run)
    names = read_json(DetectionFiles(Path(run)).classes)["class_names"]
    return Detector(keras.saving.load_model(file, compile=False), names)
