"""SaliencyMix: a box around the partner's most salient place is pasted, and the label is shared by area."""

import dataclasses
from typing import Literal

import tensorflow as tf

from cutmix_tf._cells import cell_edges
from cutmix_tf._checks import check_choice, check_number
from cutmix_tf._random import beta
from cutmix_tf.mixing._boxes import clipped_boxes, sides_for_share
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class SaliencyMix(Mixer):
    """Pastes a box around the most salient pixel of each image's partner, and shares the label by the number of pixels.

    Draws λ ~ Beta(alpha, alpha) and a box with the image's aspect ratio that covers 1 − λ of it, as `CutMix` does, but
    centers it on the largest value of the partner's map; of equal values, the first by row, then by column. The box is
    clipped at the border, and pasted in the same place. The target is

        λ' · label + (1 − λ') · partner's label,    λ' = pixels kept / all pixels.

    Pixels are copied bit for bit in any dtype.

    Args:
      alpha: Concentration of the Beta distribution, above 0.
      saliency: Where maps come from: "images" for the fine-grained saliency of the images themselves, as in the paper:
        how much each pixel differs from its surroundings; "attention" for maps (batch, rows, columns), given like those
        of `AttentiveCutMix`, whose largest cell's center is taken.
      prob: Probability that an example (or a batch) is mixed, in [0, 1]. The authors use 0.5 on CIFAR.
      per: "example" draws λ and coin for each example; "batch" draws them once for the whole batch.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, if attention maps are wanted and missing.

    Example:
      >>> images, targets = SaliencyMix()(tf.zeros([8, 32, 32, 3], tf.uint8), tf.range(8), seed=(0, 1))

    docs/methods/saliency_mix.md says how this differs from the authors' code.

    Reference:
      Uddin et al., "SaliencyMix: A Saliency Guided Data Augmentation Strategy for Better Regularization", ICLR 2021,
      https://arxiv.org/abs/2006.01791, Section 3; Montabone and Soto, "Human Detection Using a Mobile Platform and
      Novel Features Derived from a Visual Saliency Mechanism", Image and Vision Computing 28, 2010.
    """

    alpha: float = 1.0
    saliency: Literal["images", "attention"] = "images"
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_number("alpha", self.alpha, low=0, above=True)
        check_choice("saliency", self.saliency, ("images", "attention"))
        check_common(self.prob, self.per)

    @property
    def uses_attention(self) -> bool:
        """Whether maps are given."""
        return self.saliency == "attention"

    @property
    def uses_saliency(self) -> bool:
        """Whether maps are computed from the images."""
        return self.saliency == "images"

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws partners and sizes, and finds the partners' most salient places."""
        maps = canvas.attention if self.uses_attention else canvas.saliency
        if maps is None:
            what = "attention" if self.uses_attention else "saliency"
            raise ValueError(f"SaliencyMix plans with maps; got a canvas without {what}.")
        draws = draw(seed, canvas.batch, 1, prob=self.prob, per=self.per)
        sides = draws.per_example(sides_for_share(beta(draws.bits[0], self.alpha), canvas.height, canvas.width))
        centers = tf.gather(_peaks(maps, canvas.height, canvas.width), draws.partner)
        return Plan(box=draws.box(clipped_boxes(centers, sides, canvas.height, canvas.width)), partner=draws.partner)


def _peaks(maps: tf.Tensor, height, width) -> tf.Tensor:
    """The pixel in the middle of each map's largest cell: int32 (batch, 2)."""
    batch, rows, columns = tf.unstack(tf.shape(maps))
    flat = tf.reshape(maps, [batch, rows * columns])
    is_largest = flat == tf.reduce_max(flat, axis=1, keepdims=True)
    first = tf.reduce_min(tf.where(is_largest, tf.range(rows * columns), rows * columns), axis=1)
    sides = ((first // columns, rows, height), (first % columns, columns, width))
    return tf.stack([_middle(cell, cells, size) for cell, cells, size in sides], axis=1)


def _middle(cell: tf.Tensor, cells, size) -> tf.Tensor:
    """The pixel in the middle of each cell along one side: int32 like `cell`."""
    edges = cell_edges(cells, size)
    return (tf.gather(edges, cell) + tf.gather(edges, cell + 1)) // 2
