"""Objects in an image, as they are known and as a detector finds them."""

from typing import NamedTuple

import numpy as np


class Objects(NamedTuple):
    """The objects that an image is known to show; there may be none.

    Attributes:
      boxes: float32 (n, 4): top, left, bottom, right in pixels of the image, half-open.
      labels: int32 (n,): positions in the class names.
      ignored: bool (n,): True for what is neither trained on nor counted in an evaluation: objects that VOC calls
        difficult, and COCO's boxes around crowds.
    """

    boxes: np.ndarray
    labels: np.ndarray
    ignored: np.ndarray


class Found(NamedTuple):
    """The objects that a detector finds in an image, the most confident first.

    Attributes:
      boxes: float32 (n, 4), as in `Objects`.
      labels: int32 (n,).
      scores: float32 (n,), from 0 to 1.
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


def check_objects(objects: Objects, num_classes: int, where: str) -> None:
    """Raises ValueError unless each box has an area and each label is a class; `where` names the image in the message.

    Reading a dataset leaves boxes without area out instead; see `load_objects`.
    """
    boxes = np.asarray(objects.boxes).reshape(-1, 4)
    if not len(boxes) == len(objects.labels) == len(objects.ignored):
        raise ValueError(
            f"{where} needs as many boxes as labels and ignored flags; got {len(boxes)}, {len(objects.labels)} and "
            f"{len(objects.ignored)}."
        )
    flat = np.flatnonzero(~np.all(boxes[:, 2:] > boxes[:, :2], axis=1))
    if flat.size:
        raise ValueError(
            f"Boxes must have an area: top < bottom and left < right; got {boxes[flat[0]].tolist()} in {where}. Remove "
            "the box, or correct it."
        )
    labels = np.asarray(objects.labels)
    wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if wrong.size:
        raise ValueError(
            f"Labels must be in [0, {num_classes}); got {labels[wrong[0]]} in {where}. Correct the label, or name "
            "all classes."
        )
