"""Attentive CutMix: the partner's most attended cells are pasted, and the label is shared by area."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf._random import beta
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class AttentiveCutMix(Mixer):
    """Pastes the cells of each image's partner that a teacher attends to most, and shares the label by pixels.

    Takes an attention map for each image, (batch, rows, columns), of uint8, float16, bfloat16 or float32: a grid of
    cells laid over the image, usually 7×7. The `top_n` cells with the largest values in the partner's map are pasted in
    the same place; equal values rank by row, then by column. The target is

        (1 − s) · label + s · partner's label,    s = pasted pixels / all pixels,

    which is `top_n` / 49 if 7×7 cells divide the image evenly, and is counted exactly if they don't: the cells of a
    32-pixel image are 4 or 5 pixels long. Pixels are copied bit for bit in any dtype.

    Args:
      top_n: Number of cells to paste, from 1 to the number of cells in a map, which turns the image into its partner.
      alpha: An alternative to `top_n`, which must then be None: the share of cells is drawn from Beta(alpha, alpha) and
        rounded down, to at least one cell. The variant AttentiveMix+ by other authors uses 2.
      prob: Probability that an example (or a batch) is mixed, in [0, 1]. The paper always mixes.
      per: "example" draws coin and number of cells for each example; "batch" draws them once for the whole batch.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if not exactly one of `top_n` and `alpha` is given, or an argument is outside its range;
        when called, if attention maps are missing, not finite, of another shape or dtype, or have fewer than `top_n`
        cells.

    Example:
      >>> maps = tf.random.uniform([8, 7, 7])  # or those of a teacher: cutmix_tf.attention
      >>> mixer = AttentiveCutMix(top_n=6)
      >>> images, targets = mixer(tf.zeros([8, 224, 224, 3]), tf.range(8), attention=maps)

    Where the paper is silent, partners are a random cyclic shift of the batch; `prob`, `alpha` and `per` are additions.
    docs/methods/attentive_cutmix.md lists all ambiguities.

    Reference:
      Walawalkar et al., "Attentive CutMix: An Enhanced Data Augmentation Approach for Deep Learning Based Image
      Classification", ICASSP 2020, https://arxiv.org/abs/2003.13048, Section 3.
    """

    top_n: int | None = 6
    alpha: float | None = None
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        if (self.top_n is None) == (self.alpha is None):
            raise ValueError(
                f"AttentiveCutMix needs either top_n or alpha; got top_n={self.top_n}, alpha={self.alpha}. To draw "
                "the number of cells, pass top_n=None, alpha=2.0."
            )
        if self.top_n is not None:
            check_whole("top_n", self.top_n, low=1)
        if self.alpha is not None:
            check_number("alpha", self.alpha, low=0, above=True)
        check_common(self.prob, self.per)

    @property
    def uses_attention(self) -> bool:
        """True."""
        return True

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws partners, and chooses cells from their maps."""
        maps = canvas.attention
        if maps is None:
            raise ValueError("AttentiveCutMix plans with attention maps; got a canvas without. Pass attention.")
        draws = draw(seed, canvas.batch, 1, prob=self.prob, per=self.per)
        count = draws.per_example(self._count(draws.bits[0], maps.shape[1:].num_elements()))
        chosen = top_cells(tf.gather(maps, draws.partner), count)
        return Plan(box=draws.box(canvas.whole), partner=draws.partner, cells=chosen)

    def _count(self, bits: tf.Tensor, cells: int) -> tf.Tensor:
        """How many cells to paste: int32 (batch,) or (1,)."""
        if self.top_n is None:
            share = beta(bits, self.alpha or 0)
            return tf.clip_by_value(tf.cast(share * cells, tf.int32), 1, cells)
        if self.top_n > cells:
            raise ValueError(f"top_n must be at most the number of cells in a map, {cells}; got {self.top_n}.")
        return tf.fill(tf.shape(bits), self.top_n)


def top_cells(maps: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """The cells with the largest values: bool (batch, rows, columns). Equal values rank by row, then by column.

    Compares all pairs of cells rather than sorting them: for the few cells of a map that is faster, and it compiles.

    Args:
      maps: float32 (batch, rows, columns), finite, with a known number of cells.
      count: int32 (batch,), how many cells to choose in each map.
    """
    cells = maps.shape[1:].num_elements()
    values, index = tf.reshape(maps, [-1, cells]), tf.range(cells)
    here, there = values[:, None, :], values[:, :, None]
    before = (there > here) | ((there == here) & (index[:, None] < index))
    rank = tf.reduce_sum(tf.cast(before, tf.int32), axis=1)  # over the outer axis, along vectors
    return tf.reshape(rank < count[:, None], tf.shape(maps))
