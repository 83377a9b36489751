"""Hide-and-Seek: random squares of a grid over each image are hidden; labels stay."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_whole
from cutmix_tf._random import hashed_bits, uniform_integers
from cutmix_tf.mixing._eraser import Eraser, check_fill
from cutmix_tf.mixing._plan import Canvas, Erase, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw

_MAX_SIDE = 2**15


@dataclasses.dataclass(frozen=True)
class HideAndSeek(Eraser):
    """Hides each square of a grid over the image with probability ½; labels, sample weights and masks stay.

    The side of the squares is drawn for each image from `sides`, where 0 leaves the image whole. The grid starts in the
    top left corner; squares at the right and the bottom may be cut off.

    Args:
      sides: Sides of the squares in pixels, from 0 to 32768, drawn with equal probability. The defaults are those of
        the authors' code, for images of 224 pixels.
      fill: The value that hides a square, as in `Cutout`; the authors use the dataset's mean, which is 0 after
        normalization.
      prob: Probability that an image (or a batch) is treated, in [0, 1].
      per: "example" draws side and coin for each example; "batch" draws them once for the whole batch (which squares
        are hidden still differs).
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, as for `Cutout`.

    Differs from the authors' code: sides larger than the image hide all of it or nothing.

    Reference:
      Singh and Lee, "Hide-and-Seek: Forcing a Network to be Meticulous for Weakly-supervised Object and Action
      Localization", ICCV 2017, https://arxiv.org/abs/1704.04232, Section 3.
    """

    sides: tuple[int, ...] = (0, 16, 32, 44, 56)
    fill: float | tuple[float, ...] = 0.0
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        object.__setattr__(self, "sides", as_tuple("sides", self.sides))
        if not self.sides:
            raise ValueError("HideAndSeek needs at least one side; got none. The authors use (0, 16, 32, 44, 56).")
        for side in self.sides:
            check_whole("each side", side, low=0, high=_MAX_SIDE)
        check_common(self.prob, self.per)
        check_fill(self.fill)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws sides, and a seed for each image's squares."""
        draws = draw(seed, canvas.batch, 2, prob=self.prob, per=self.per)
        side_bits, seeds = draws.bits
        side = draws.per_example(tf.gather(tf.constant(self.sides), uniform_integers(side_bits, len(self.sides))))
        if self.per == "batch":
            seeds = seeds + tf.cast(tf.range(canvas.batch), tf.uint32)
        box = tf.where(side[:, None] > 0, draws.box(canvas.whole), 0)
        return self.erasing(box, _EraseSquares, side=tf.maximum(side, 1), seeds=seeds)


@dataclasses.dataclass(frozen=True, eq=False)
class _EraseSquares(Erase):
    """Erases a random half of the squares of a grid over the image.

    Attributes:
      side: int32 (batch,): the squares' side in pixels, at least 1.
      seeds: uint32 (batch,): which squares are erased.
    """

    side: tf.Tensor
    seeds: tf.Tensor

    def where(self, shape: tf.Tensor) -> tf.Tensor:
        """True in the squares that were drawn: bool (batch, height, width × channels)."""
        rows = tf.range(shape[1]) // self.side[:, None]
        columns = tf.range(shape[2] * shape[3]) // shape[3] // self.side[:, None]
        squares = rows[:, :, None] * _MAX_SIDE + columns[:, None, :]
        return hashed_bits(self.seeds[:, None, None], tf.cast(squares, tf.uint32)) < tf.constant(2**31, tf.uint32)
