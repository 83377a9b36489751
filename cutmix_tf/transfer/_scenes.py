"""Built-in scenes: several objects of the `shapes` set on one canvas, with boxes.

Objects are cut out of `shapes` images along their masks and put on a soft background, at their own size or twice as
large, without overlaps. Equal seeds give equal bits on every machine, as for `shapes` itself.
"""

from typing import Any

import numpy as np

from cutmix_tf import datasets
from cutmix_tf._checks import check_choice, check_whole
from cutmix_tf.transfer._objects import Objects

SIDES = 96, 128  # height and width of a scene
MOST = 4  # objects in a scene
TRIES = 20  # places at which an object is tried
CELLS = 4  # along a side of a background, interpolated in between
SEEDS = {"train": 1, "test": 2}


def make_scenes(count: int, *, split: str = "train", seed: int | None = None) -> tuple[np.ndarray, list[Objects]]:
    """Paints scenes of one to four objects of the ten shapes.

    Args:
      count: Number of scenes, at least 1.
      split: "train" or "test": the split of `shapes` whose objects are used, so that these have none in common.
      seed: At least 0; None for the seed of the built-in set "scenes".

    Returns:
      Images, uint8 (count, 96, 128, 3), and the objects of each. Boxes are tight around what is visible.

    Raises:
      TypeError: if count or seed is not an integer.
      ValueError: if an argument is out of range.
    """
    check_whole("count", count, low=1)
    check_choice("split", split, tuple(SEEDS))
    check_whole("seed", SEEDS[split] if seed is None else seed, low=0)
    shapes = getattr(datasets.load("shapes"), split)
    dice = _Dice(SEEDS[split] if seed is None else seed)
    scenes = [_paint(shapes, dice) for _ in range(count)]
    return np.stack([image for image, _ in scenes]), [objects for _, objects in scenes]


class _Dice:
    """Uniform integers from raw random words, which no release of NumPy may change."""

    def __init__(self, seed: int):
        self._words = np.random.Philox(int(seed))

    def below(self, end: int) -> int:
        return int(self._words.random_raw()) % end


def _paint(shapes: Any, dice: _Dice) -> tuple[np.ndarray, Objects]:
    """One scene, of an `ArraySplit` with boxes and masks; objects that find no free place are left out."""
    image = _background(shapes.images[dice.below(len(shapes))])
    boxes, labels = np.zeros((0, 4), int), []
    for _ in range(1 + dice.below(MOST)):
        number, factor = dice.below(len(shapes)), 1 + dice.below(2)
        pixels, mask = _cut_out(shapes, number, factor)
        box = _free_place(mask.shape, boxes, dice)
        if box is not None:
            top, left, bottom, right = box
            image[top:bottom, left:right][mask] = pixels[mask]
            boxes, labels = np.vstack([boxes, box]), [*labels, shapes.labels[number]]
    return image, Objects(boxes.astype(np.float32), np.array(labels, np.int32), np.zeros(len(labels), bool))


def _cut_out(shapes: Any, number: int, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixels and the mask inside an object's box, each pixel repeated `factor` times along both sides."""
    top, left, bottom, right = shapes.boxes[number]
    parts = (each[number, top:bottom, left:right] for each in (shapes.images, shapes.masks))
    pixels, mask = (each.repeat(factor, axis=0).repeat(factor, axis=1) for each in parts)
    return pixels, mask


def _free_place(sides: tuple[int, ...], taken: np.ndarray, dice: _Dice) -> np.ndarray | None:
    """A box of that height and width on the canvas that overlaps none of the others; None if none was found."""
    for _ in range(TRIES):
        start = np.array([dice.below(whole - side + 1) for whole, side in zip(SIDES, sides, strict=True)])
        box = np.concatenate([start, start + sides])
        common = np.minimum(box[2:], taken[:, 2:]) - np.maximum(box[:2], taken[:, :2])
        if not np.any(np.all(common > 0, axis=1)):
            return box
    return None


def _background(image: np.ndarray) -> np.ndarray:
    """A few pixels of an image, spread over the canvas and linearly interpolated: uint8 (*SIDES, 3)."""
    step = image.shape[0] // CELLS
    coarse = image[step // 2 :: step, step // 2 :: step].astype(np.float32)
    for axis, side in enumerate(SIDES):
        place = np.arange(side, dtype=np.float32) * ((CELLS - 1) / side)
        low = place.astype(np.int32)
        weight = np.expand_dims(place - low, tuple(range(1, 3 - axis)))
        first, second = coarse.take(low, axis=axis), coarse.take(low + 1, axis=axis)
        coarse = first + weight * (second - first)
    return np.floor(coarse + 0.5).astype(np.uint8)
