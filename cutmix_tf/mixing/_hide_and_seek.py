"""Hide-and-Seek: random squares of a grid over each picture are hidden; labels stay."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_whole
from cutmix_tf._random import uniform_integers
from cutmix_tf.mixing._eraser import Eraser, check_fill
from cutmix_tf.mixing._mixer import Per, check_common, draw
from cutmix_tf.mixing._plan import Canvas, Plan


@dataclasses.dataclass(frozen=True)
class HideAndSeek(Eraser):
    """Hides each square of a grid over the picture with probability ½; labels, weights and masks stay.

    The side of the squares is drawn for each picture from `sides`, where 0 leaves the picture whole. The grid begins
    at the top left corner; squares at the right and at the bottom may be cut off.

    Args:
      sides: Sides of the squares in pixels, drawn equally often. The authors' code has these for 224 pixels.
      fill: The value that hides, as in `Cutout`; the authors fill with the data set's mean, which is 0 after
        normalization.
      prob: Chance of a picture (or of a batch) to be treated, in [0, 1].
      per: "example" draws side and coin for each example; "batch" once for the whole batch (squares still differ).

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, as `Cutout`.

    Differs from the authors' code: sides larger than the picture hide all of it or nothing.

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
            check_whole("each side", side, low=0, high=2**15)
        check_common(self.prob, self.per)
        check_fill(self.fill)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws sides, and a seed for each picture's squares."""
        draws = draw(seed, canvas.batch, 2, prob=self.prob, per=self.per)
        side_bits, square_bits = draws.bits
        side = draws.spread(tf.gather(tf.constant(self.sides), uniform_integers(side_bits, len(self.sides))))
        if self.per == "batch":
            square_bits = square_bits + tf.cast(tf.range(canvas.batch), tf.uint32)
        scatter = tf.stack([tf.cast(tf.maximum(side, 1), tf.uint32), tf.maximum(square_bits, 1)], axis=1)
        box = tf.where(side[:, None] > 0, draws.box(canvas.whole), 0)
        return self.erasing(box, canvas.batch, scatter=scatter)
