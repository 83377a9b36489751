"""CutMix with the labels of other libraries, to measure what they cost."""

import dataclasses

import tensorflow as tf

from cutmix_tf import CutMix
from cutmix_tf._random import beta
from cutmix_tf.mixing._boxes import sides_for_share, uniform_centers
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import draw


@dataclasses.dataclass(frozen=True)
class UnclippedCutMix(CutMix):
    """CutMix's images, with labels that count each box before it is clipped at the border.

    `keras_cv.layers.CutMix` and TensorFlow Model Garden's `MixupAndCutmix` label that way: wherever a box reaches
    beyond the image, the partner's label weighs too much.
    """

    def plan(self, canvas: Canvas, seed) -> Plan:
        """CutMix's draws, with boxes left whole: the part outside the image changes no pixel, but it is counted."""
        height, width = canvas.height, canvas.width
        draws = draw(seed, canvas.batch, 3, prob=self.prob, per=self.per)
        share_bits, row_bits, column_bits = draws.bits
        half = sides_for_share(beta(share_bits, self.alpha), height, width) // 2
        centers = uniform_centers(row_bits, column_bits, height, width)
        return Plan(box=draws.box(tf.concat([centers - half, centers + half], axis=1)), partner=draws.partner)
