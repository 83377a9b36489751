"""The pictures that a network is evaluated on, in memory and of its size, with their boxes."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from cutmix_tf import datasets, pipeline
from cutmix_tf._checks import check_whole
from cutmix_tf.pipeline import MARGIN
from cutmix_tf.evaluation._network import Network

READ = 256
BadExamples = Literal["refuse", "skip"]
KEY = (0, 0xE7A1)  # which examples a limit picks


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Test pictures as a network sees them.

    Attributes:
      images: uint8 (n, height, width, 3).
      labels: int32 (n,).
      class_names: A name for each class.
      boxes: int32 (n, 4), top, left, bottom, right in pixels of `images`, half-open; None where they are not known.
      name: Of the dataset.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    boxes: np.ndarray | None = None
    name: str = "examples"

    def __len__(self) -> int:
        return len(self.images)


def load_examples(
    network: Network,
    dataset: str | None = None,
    *,
    limit: int | None = None,
    data_dir: str | None = None,
    bad_examples: BadExamples = "refuse",
) -> Examples:
    """The test split of the set that a network was trained on, or of another with as many classes.

    Args:
      network: Whose pictures they become.
      dataset: A name of the catalogue; None for the network's own.
      limit: How many to take, at random but the same each time; None for all. All of ImageNet's are 7.5 GB.
      data_dir: As for `datasets.load`.
      bad_examples: As for `datasets.load`.

    Raises:
      ValueError: if no dataset is known, or it has another number of classes than the network.
      Whatever `datasets.load` raises.
    """
    name = dataset or network.dataset
    if name is None:
        raise ValueError(f"A dataset is needed to evaluate {network.name}; none is known. Give its name (--dataset).")
    images = datasets.load(name, data_dir=data_dir, bad_examples=bad_examples)
    if images.num_classes != network.num_classes:
        raise ValueError(
            f"{network.name} tells {network.num_classes} classes apart, but {name} has {images.num_classes}. Choose "
            "the dataset it was trained on."
        )
    return _read(images, network.preprocessing, limit)


def load_pictures(
    network: Network,
    dataset: str,
    *,
    limit: int | None = None,
    data_dir: str | None = None,
    bad_examples: BadExamples = "refuse",
):
    """The test pictures of any dataset at a network's size: uint8 (n, height, width, 3). See `load_examples`."""
    return _read(datasets.load(dataset, data_dir=data_dir, bad_examples=bad_examples), network.preprocessing, limit).images


def _read(images: datasets.ImageSet, preprocessing: pipeline.Preprocessing, limit: int | None) -> Examples:
    if limit is not None:
        check_whole("limit", limit, low=1)
    split = _limited(images.test, limit)
    count = len(split) if limit is None else min(limit, len(split))
    in_pixels = dataclasses.replace(preprocessing, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    pictures = np.empty((count, *preprocessing.image_size, 3), np.uint8)
    labels = np.empty(count, np.int32)
    first, batches = 0, pipeline.test_batches(split, in_pixels, batch_size=READ).take(-(-count // READ))
    for some_images, some_labels in batches.as_numpy_iterator():
        last = min(first + len(some_labels), count)
        pictures[first:last], labels[first:last] = some_images[: last - first], some_labels[: last - first]
        first = last
    return Examples(pictures, labels, images.class_names, _boxes(split, count, preprocessing), images.name)


def _boxes(split: datasets.Split, count: int, preprocessing: pipeline.Preprocessing) -> np.ndarray | None:
    """Where the objects of the split's first pictures lie in what a network sees; None where that is not known."""
    if isinstance(split, datasets.ArraySplit):
        return None if split.boxes is None else move_boxes(split.boxes, split.images.shape[1:3], preprocessing)
    if split.read_boxes is None:
        return None
    sides, boxes = next(split.read_boxes(None).batch(count).as_numpy_iterator())
    return move_boxes(boxes, sides, preprocessing)


def _limited(split: datasets.Split, limit: int | None) -> datasets.Split:
    """A split that begins with the examples to take. Folders list theirs class by class, so they are drawn."""
    if limit is None or limit >= len(split):
        return split
    if isinstance(split, datasets.StreamSplit):
        return dataclasses.replace(split, read=_keyed(split.read), read_boxes=_keyed(split.read_boxes))
    draw = np.random.Generator(np.random.Philox(KEY))
    some = np.sort(draw.choice(len(split), limit, replace=False))
    return datasets.ArraySplit(split.images[some], split.labels[some], None if split.boxes is None else split.boxes[some])


def _keyed(read: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """The same, always in the order of the key."""
    return read and (lambda seed: read(KEY))


def move_boxes(boxes: np.ndarray, sides, preprocessing: pipeline.Preprocessing) -> np.ndarray:
    """Where boxes come to lie when test pictures are resized and cropped at the center.

    Args:
      boxes: (n, 4), top, left, bottom, right in pixels of the pictures as they were, half-open.
      sides: Height and width of those: (2,) for all, or (n, 2).
      preprocessing: What is done to them.

    Returns:
      int32 (n, 4), cut off at the new picture's edges; of no area where nothing of the box is left.
    """
    size, sides = np.array(preprocessing.image_size), np.asarray(sides)
    margin = MARGIN if preprocessing.augment == "imagenet" else 1.0
    scale = np.max(size * margin / sides, axis=-1, keepdims=True)
    resized = np.maximum(np.rint(sides * scale), size)
    offset = (resized - size) // 2
    moved = boxes * np.tile(resized / sides, 2) - np.tile(offset, 2)
    return np.rint(np.clip(moved, 0, np.tile(size, 2))).astype(np.int32)
