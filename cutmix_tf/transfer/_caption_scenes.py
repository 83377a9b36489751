"""Built-in scenes with captions of a known grammar: "a green star left of a blue ring".

    caption = object | object relation object
    object = "a" color shape
    relation = "left of" | "right of" | "above" | "below"

Objects are cut out of `shapes` images; their colors are named by the hue of their mean, and those between two names are
not used. Each shape is never shown in one of the colors while training: such combinations are held out.
"""

import colorsys
import functools
from typing import Any

import numpy as np

from cutmix_tf import datasets
from cutmix_tf._checks import check_choice, check_whole
from cutmix_tf.transfer._painting import Dice, cut_out, soft_background

SIDE = 64  # pixels along a side of a scene
CELL = SIDE // 2  # along a side of the square in which one of two objects lies
HUES = {"red": (345, 375), "yellow": (42, 70), "green": (90, 160), "blue": (190, 235), "purple": (260, 320)}
"""The range of each color's hue, in degrees; 375 is 15 again."""
COLORS = tuple(HUES)
RELATIONS = ("left of", "right of"), ("above", "below")
SEEDS = {"train": 1, "test": 2, "held_out": 3}


def make_caption_scenes(
    count: int, *, split: str = "train", seed: int | None = None
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Paints scenes of one object, or of two beside or above each other, and writes their captions.

    Args:
      count: Number of scenes, at least 1.
      split: "train"; "test", of other objects but the same combinations of shape and color; or "held_out", where
        each scene shows at least one combination that "train" never shows.
      seed: At least 0; None for the seed of the built-in set.

    Returns:
      Images, uint8 (count, 64, 64, 3), and each one's captions: one of a single object, and two of two objects, which
      begin with either.

    Raises:
      TypeError: if count or seed is not an integer.
      ValueError: if an argument is out of range.
    """
    check_whole("count", count, low=1)
    check_choice("split", split, tuple(SEEDS))
    check_whole("seed", SEEDS[split] if seed is None else seed, low=0)
    painter = _Painter(split, Dice(SEEDS[split] if seed is None else seed))
    scenes = [painter.paint() for _ in range(count)]
    return np.stack([image for image, _ in scenes]), [captions for _, captions in scenes]


def is_held_out(label: int, color: str) -> bool:
    """Whether training scenes never show this shape, a position in the class names of `shapes`, in this color."""
    return label % len(COLORS) == COLORS.index(color)


def color_of(pixels: np.ndarray) -> str | None:
    """The name of the mean color of uint8 (n, 3) pixels; None if its hue lies between two names."""
    if not len(pixels):
        return None
    red, green, blue = (int(total) / (255 * len(pixels)) for total in pixels.astype(np.int64).sum(axis=0))
    hue = 360 * colorsys.rgb_to_hsv(red, green, blue)[0]
    return next((name for name, (low, high) in HUES.items() if low <= hue < high or low <= hue + 360 < high), None)


class _Painter:
    """Paints the scenes of a split, one after the other."""

    def __init__(self, split: str, dice: Dice):
        self.shapes: Any = getattr(datasets.load("shapes"), "train" if split == "train" else "test")
        self.names, self.dice = _names("train" if split == "train" else "test"), dice
        held_out = [is_held_out(self.shapes.labels[number], color) for number, (color, _) in self.names.items()]
        numbers = list(self.names)
        self.usual = [number for number, held in zip(numbers, held_out, strict=True) if not held]
        self.held_out = [number for number, held in zip(numbers, held_out, strict=True) if held]
        self.shows_held_out = split == "held_out"

    def paint(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """A scene and its captions."""
        canvas = soft_background(self.shapes.images[self.dice.below(len(self.shapes))], (SIDE, SIDE))
        numbers = self._choose(1 + self.dice.below(2))
        texts = ["a {} {}".format(*self.names[number]) for number in numbers]
        if len(numbers) == 1:
            self._put(canvas, numbers[0], (0, 0), SIDE)
            return canvas, (texts[0],)
        first, second = texts
        axis = self.dice.below(2)  # 0: beside each other, 1: above each other
        for place, number in enumerate(numbers):
            across, along = (SIDE - CELL) // 2, place * CELL
            self._put(canvas, number, (across, along) if axis == 0 else (along, across), CELL)
        before, behind = RELATIONS[axis]
        return canvas, (f"{first} {before} {second}", f"{second} {behind} {first}")

    def _choose(self, count: int) -> list[int]:
        """The objects of a scene; one of them is of a held-out combination if the split shows those."""
        numbers = [self.usual[self.dice.below(len(self.usual))] for _ in range(count)]
        if self.shows_held_out:
            numbers[self.dice.below(count)] = self.held_out[self.dice.below(len(self.held_out))]
        return numbers

    def _put(self, canvas: np.ndarray, number: int, corner: tuple[int, int], side: int) -> None:
        """Puts an object at random into the square with that upper left corner."""
        pixels, mask = cut_out(self.shapes, number)
        height, width = mask.shape
        top = corner[0] + self.dice.below(side - height + 1)
        left = corner[1] + self.dice.below(side - width + 1)
        canvas[top : top + height, left : left + width][mask] = pixels[mask]


@functools.cache
def _names(split: str) -> dict[int, tuple[str, str]]:
    """Color and shape of each object of a split of `shapes` whose color has a name, by the image's number."""
    shapes: Any = getattr(datasets.load("shapes"), split)
    colors = [color_of(image[mask]) for image, mask in zip(shapes.images, shapes.masks, strict=True)]
    names = datasets.load("shapes").class_names
    return {number: (color, names[shapes.labels[number]]) for number, color in enumerate(colors) if color is not None}
