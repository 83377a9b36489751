"""MixUp: two images and two labels are blended in the same proportion."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import check_number
from cutmix_tf._random import beta
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class MixUp(Mixer):
    """Blends each image with its partner and shares the label in the same proportion λ ~ Beta(alpha, alpha).

        image = λ · own + (1 − λ) · partner's,    target = λ · label + (1 − λ) · partner's label

    Floating images keep their dtype and are blended in float32. Integer images become float32, unrounded, so that the
    proportion is exact: this is the only conversion a mixer makes.

    Args:
      alpha: Concentration of the Beta distribution, above 0. The paper uses 0.2 to 0.4 on ImageNet and 1 on CIFAR.
      prob: Probability that an example (or a batch) is mixed, in [0, 1].
      per: "example" draws λ and coin for each example; "batch" draws them once for the whole batch, as the official
        code does.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, for segmentation masks, whose class ids
        can't be blended.

    Differs from the official code: partners are a random cyclic shift of the batch, so that no image is mixed with
    itself; λ takes 2**14 equally likely values; every example has its own draws unless `per="batch"`.

    Reference:
      Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018, https://arxiv.org/abs/1710.09412,
      Equation 1.
    """

    alpha: float = 1.0
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_number("alpha", self.alpha, low=0, above=True)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws shares and partners; the box is the whole image."""
        draws = draw(seed, canvas.batch, 1, prob=self.prob, per=self.per)
        share = tf.cast(beta(draws.bits[0], self.alpha), tf.float32)
        return Plan(box=draws.box(canvas.whole), partner=draws.partner, own_share=draws.per_example(share))
