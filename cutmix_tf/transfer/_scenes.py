"""Built-in scenes: several objects of the `shapes` set on one canvas, with boxes.

Objects are cut out of `shapes` images along their masks and put on a soft background, at their own size or twice as
large, without overlaps. Equal seeds give equal bits on every machine, as for `shapes` itself.
"""

from typing import Any

import numpy as np

from cutmix_tf import datasets
from cutmix_tf._checks import check_choice, check_whole
from cutmix_tf.transfer._objects import Objects
from cutmix_tf.transfer._painting import Dice, cut_out, soft_background

SIDES = 96, 128  # height and width of a scene
MOST = 4  # objects in a scene
TRIES = 20  # places at which an object is tried
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
    dice = Dice(SEEDS[split] if seed is None else seed)
    scenes = [_paint(shapes, dice) for _ in range(count)]
    return np.stack([image for image, _ in scenes]), [objects for _, objects in scenes]


def _paint(shapes: Any, dice: Dice) -> tuple[np.ndarray, Objects]:
    """One scene, of an `ArraySplit` with boxes and masks; objects that find no free place are left out."""
    image = soft_background(shapes.images[dice.below(len(shapes))], SIDES)
    boxes, labels = np.zeros((0, 4), int), []
    for _ in range(1 + dice.below(MOST)):
        number, factor = dice.below(len(shapes)), 1 + dice.below(2)
        pixels, mask = cut_out(shapes, number, factor)
        box = _free_place(mask.shape, boxes, dice)
        if box is not None:
            top, left, bottom, right = box
            image[top:bottom, left:right][mask] = pixels[mask]
            boxes, labels = np.vstack([boxes, box]), [*labels, shapes.labels[number]]
    return image, Objects(boxes.astype(np.float32), np.array(labels, np.int32), np.zeros(len(labels), bool))


def _free_place(sides: tuple[int, ...], taken: np.ndarray, dice: Dice) -> np.ndarray | None:
    """A box of that height and width on the canvas that overlaps none of the others; None if none was found."""
    for _ in range(TRIES):
        start = np.array([dice.below(whole - side + 1) for whole, side in zip(SIDES, sides, strict=True)])
        box = np.concatenate([start, start + sides])
        common = np.minimum(box[2:], taken[:, 2:]) - np.maximum(box[:2], taken[:, :2])
        if not np.any(np.all(common > 0, axis=1)):
            return box
    return None
