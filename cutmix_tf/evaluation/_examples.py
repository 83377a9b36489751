"""The images that a model is evaluated on, in memory and at its size, with their boxes."""

import dataclasses
from typing import Any

import numpy as np

from cutmix_tf import datasets, pipeline
from cutmix_tf._checks import check_whole
from cutmix_tf.datasets import BadExamples
from cutmix_tf.evaluation._model import EvaluatedModel
from cutmix_tf.evaluation.metrics._localization import ObjectBoxes

BATCH = 256
KEY = (0, 0xE7A1)  # which examples a limit picks


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Test images as a model takes them.

    Attributes:
      images: uint8 (n, height, width, 3).
      labels: int32 (n,).
      class_names: A name for each class.
      boxes: Of the objects, in pixels of `images`: int32 (n, 4), or n arrays (k, 4) of several objects; None if
        unknown. A box is top, left, bottom, right, half-open.
      name: Of the dataset.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    boxes: ObjectBoxes | None = None
    name: str = "examples"

    def __len__(self) -> int:
        return len(self.images)


def load_examples(
    model: EvaluatedModel,
    dataset: str | datasets.ImageSet | None = None,
    *,
    limit: int | None = None,
    data_dir: str | None = None,
    bad_examples: BadExamples = "refuse",
) -> Examples:
    """Loads the test split of the dataset that a model was trained on, or of another one with as many classes.

    Args:
      model: The images get its size.
      dataset: A loaded dataset, or a name of the catalogue; None for the model's own.
      limit: How many examples, sampled at random but the same ones each time; None for all. All of ImageNet's take
        7.5 GB.
      data_dir: As for `datasets.load`.
      bad_examples: As for `datasets.load`.

    Raises:
      ValueError: if no dataset is known, or it has another number of classes than the model.
      Whatever `datasets.load` raises.
    """
    if dataset is None and model.dataset is None:
        raise ValueError(f"The dataset of {model.name} is unknown. Name the one to evaluate it on (--dataset).")
    images = _loaded(dataset or model.dataset, data_dir, bad_examples, model.classes)
    if images.num_classes != model.num_classes:
        raise ValueError(
            f"{model.name} has {model.num_classes} classes, but {images.name} has {images.num_classes}. Choose the "
            "dataset it was trained on."
        )
    return _read(images, model.preprocessing, limit)


def load_images(
    model: EvaluatedModel,
    dataset: str | datasets.ImageSet,
    *,
    limit: int | None = None,
    data_dir: str | None = None,
    bad_examples: BadExamples = "refuse",
) -> np.ndarray:
    """The test images of any dataset at a model's size: uint8 (n, height, width, 3). See `load_examples`."""
    return _read(_loaded(dataset, data_dir, bad_examples), model.preprocessing, limit).images


def _loaded(
    dataset: Any, data_dir: str | None, bad_examples: BadExamples, classes: tuple[int, int] | None = None
) -> datasets.ImageSet:
    """A dataset by name, or some of its classes; one that is loaded already is returned as it is."""
    if isinstance(dataset, datasets.ImageSet):
        return dataset
    return datasets.load(dataset, data_dir=data_dir, bad_examples=bad_examples, classes=classes)


def _read(images: datasets.ImageSet, preprocessing: pipeline.Preprocessing, limit: int | None) -> Examples:
    if limit is not None:
        check_whole("limit", limit, low=1)
    split = _limited(images.test, limit)
    count = len(split) if limit is None else min(limit, len(split))
    pixels = np.empty((count, *preprocessing.image_size, 3), np.uint8)
    labels = np.empty(count, np.int32)
    first, batches = 0, pipeline.eval_batches(split, preprocessing, batch_size=BATCH).take(-(-count // BATCH))
    for some_images, some_labels in batches.as_numpy_iterator():
        last = min(first + len(some_labels), count)
        pixels[first:last], labels[first:last] = some_images[: last - first], some_labels[: last - first]
        first = last
    return Examples(pixels, labels, images.class_names, _boxes(split, preprocessing), images.name)


def _boxes(split: datasets.Split, preprocessing: pipeline.Preprocessing) -> np.ndarray | None:
    """The boxes of the objects in the resized and cropped images; None if unknown."""
    found = split.object_boxes()
    return None if found is None else pipeline.move_boxes(found.boxes, found.image_sizes, preprocessing)


def _limited(split: datasets.Split, limit: int | None) -> datasets.Split:
    """The sampled examples."""
    if limit is None or limit >= len(split):
        return split
    draw = np.random.Generator(np.random.Philox(KEY))
    return split.select(np.sort(draw.choice(len(split), limit, replace=False)))
