"""GridMix: random cells of a grid are pasted, and the label is shared by area."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf._random import beta, fold_in, random_bits
from cutmix_tf.mixing._attentive_cutmix import top_cells
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw

_CELLS = 0x6D  # keeps the cells' draws apart from the others


@dataclasses.dataclass(frozen=True)
class GridMix(Mixer):
    """Pastes random cells of a grid over each image's partner, and shares the label by the number of pixels.

    Draws λ ~ Beta(alpha, alpha), and 1 − λ of the cells, rounded to whole ones. They are pasted in the same place, and
    all choices of as many cells are equally likely. The target is

        λ' · label + (1 − λ') · partner's label,    λ' = pixels kept / all pixels,

    counted exactly if cells don't divide the image evenly. Pixels are copied bit for bit in any dtype.

    Args:
      cells: Cells along each side, from 1 to 16; if a side has fewer pixels than cells, some cells are empty.
      alpha: Concentration of the Beta distribution, above 0.
      prob: Probability that an example (or a batch) is mixed, in [0, 1].
      per: "example" draws cells and coin for each example; "batch" draws them once for the whole batch.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Example:
      >>> images, targets = GridMix(cells=4)(tf.zeros([8, 32, 32, 3], tf.uint8), tf.range(8), seed=(0, 1))

    This mixes images and labels: the paper's second loss, which classifies each cell by itself, is not part of it.

    Reference:
      Baek, Bang and Shim, "GridMix: Strong Regularization through Local Context Mapping", Pattern Recognition 109,
      2021, https://doi.org/10.1016/j.patcog.2020.107594, Section 3.
    """

    cells: int = 4
    alpha: float = 1.0
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_whole("cells", self.cells, low=1, high=16)
        check_number("alpha", self.alpha, low=0, above=True)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws cells and partners."""
        draws = draw(seed, canvas.batch, 1, prob=self.prob, per=self.per)
        share = 1 - beta(draws.bits[0], self.alpha)
        count = tf.cast(tf.round(share * self.cells**2), tf.int32)
        bits = random_bits(fold_in(seed, _CELLS), [tf.size(count), self.cells, self.cells])
        order = tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32)  # which holds 24 bits
        chosen = draws.per_example(top_cells(tf.ensure_shape(order, [None, self.cells, self.cells]), count))
        return Plan(box=draws.box(canvas.whole), partner=draws.partner, cells=chosen)
