"""Images of pure noise, the simplest out-of-distribution sets."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from cutmix_tf._checks import check_choice, check_whole

NOISES = ("uniform", "gaussian")
PART = 1024  # images in memory at once


def noise(kind: str, count: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Images of noise as in ODIN's code: float32 (count, *size, 3), pixels in [0, 255].

    Args:
      kind: "uniform": each pixel and channel from U[0, 1], times 255. "gaussian": from N(1/2, 1), clipped to [0, 1],
        times 255.
      count: At least 1.
      size: Height and width.
      seed: At least 0.

    Raises:
      ValueError, TypeError: if there is no such kind, or a number is out of range.
    """
    return np.concatenate(list(Noise(kind, count, size, seed)))


@dataclasses.dataclass(frozen=True)
class Noise:
    """The images of `noise`, which has the same arguments, made part by part: 10,000 of 224 × 224 would be 6 GB."""

    kind: str
    count: int
    size: tuple[int, int]
    seed: int = 0

    def __post_init__(self):
        check_choice("kind", self.kind, NOISES)
        check_whole("count", self.count, low=1)
        check_whole("seed", self.seed, low=0)

    def __iter__(self) -> Iterator[np.ndarray]:
        draw = np.random.Generator(np.random.Philox(int(self.seed)))
        for first in range(0, self.count, PART):
            shape = (min(PART, self.count - first), *self.size, 3)
            if self.kind == "uniform":
                yield 255 * draw.random(shape, np.float32)
            else:
                yield 255 * np.clip(0.5 + draw.standard_normal(shape, np.float32), 0, 1)
