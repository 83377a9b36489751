"""What built-in scenes are painted with: objects cut out of `shapes` images, soft backgrounds, and dice."""

from typing import Any

import numpy as np

CELLS = 4  # along a side of a background, interpolated in between


class Dice:
    """Uniform integers from raw random words, which no release of NumPy may change.

    Args:
      seed: At least 0.
    """

    def __init__(self, seed: int):
        self._words = np.random.Philox(int(seed))

    def below(self, end: int) -> int:
        """An integer from 0 to below `end`."""
        return int(self._words.random_raw()) % end


def cut_out(shapes: Any, number: int, factor: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The pixels and the mask inside an object's box, each pixel repeated `factor` times along both sides.

    Args:
      shapes: An `ArraySplit` with boxes and masks.
      number: Of the image.
      factor: A whole number.
    """
    top, left, bottom, right = shapes.boxes[number]
    parts = (each[number, top:bottom, left:right] for each in (shapes.images, shapes.masks))
    pixels, mask = (each.repeat(factor, axis=0).repeat(factor, axis=1) for each in parts)
    return pixels, mask


def soft_background(image: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """A few pixels of an image, spread over a canvas and linearly interpolated: uint8 (*sides, 3)."""
    step = image.shape[0] // CELLS
    coarse = image[step // 2 :: step, step // 2 :: step].astype(np.float32)
    for axis, side in enumerate(sides):
        place = np.arange(side, dtype=np.float32) * ((CELLS - 1) / side)
        low = place.astype(np.int32)
        weight = np.expand_dims(place - low, tuple(range(1, 3 - axis)))
        first, second = coarse.take(low, axis=axis), coarse.take(low + 1, axis=axis)
        coarse = first + weight * (second - first)
    return np.floor(coarse + 0.5).astype(np.uint8)
