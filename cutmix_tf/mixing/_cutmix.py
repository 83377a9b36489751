"""CutMix: a box of the partner is pasted, and the label is shared by area."""

import dataclasses

from cutmix_tf._checks import check_number
from cutmix_tf._random import beta
from cutmix_tf.mixing._boxes import clipped_boxes, sides_for_share, uniform_centers
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class CutMix(Mixer):
    """Pastes a box of each image's partner into it, and shares the label by the number of pixels.

    Draws λ ~ Beta(alpha, alpha), a box with the image's aspect ratio that covers 1 − λ of it, centered on a uniformly
    drawn pixel and clipped at the border, and a partner from the batch. The target is

        λ' · label + (1 − λ') · partner's label,    λ' = pixels kept / all pixels,

    with λ' counted after clipping, so that the target is exactly what the image shows. Pixels are copied bit for bit in
    any dtype.

    Args:
      alpha: Concentration of the Beta distribution, above 0. 1 draws λ uniformly; small values leave one of the two
        images almost untouched.
      prob: Probability that an example (or a batch) is mixed, in [0, 1]. The official code uses 0.5 on CIFAR and 1 on
        ImageNet.
      per: "example" draws λ, box and coin for each example; "batch" draws them once for the whole batch, as the
        official code does.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Example:
      >>> mixer = CutMix(alpha=1.0)
      >>> images, targets = mixer(tf.zeros([8, 32, 32, 3], tf.uint8), tf.range(8), seed=(0, 1))
      >>> images.dtype.name, targets.shape
      ('uint8', TensorShape([8, 2, 2]))

    Differs from the official code: partners are a random cyclic shift of the batch, so that no image is mixed with
    itself; λ takes 2**14 equally likely values; every example has its own draws unless `per="batch"`.

    Reference:
      Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features",
      ICCV 2019, https://arxiv.org/abs/1905.04899, Section 3.1 and Algorithm A1.
    """

    alpha: float = 1.0
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_number("alpha", self.alpha, low=0, above=True)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws boxes and partners."""
        height, width = canvas.height, canvas.width
        draws = draw(seed, canvas.batch, 3, prob=self.prob, per=self.per)
        share_bits, row_bits, column_bits = draws.bits
        sides = sides_for_share(beta(share_bits, self.alpha), height, width)
        centers = uniform_centers(row_bits, column_bits, height, width)
        box = clipped_boxes(centers, sides, height, width)
        return Plan(box=draws.box(box), partner=draws.partner)
