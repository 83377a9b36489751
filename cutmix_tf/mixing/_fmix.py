"""FMix: a random shape of low frequencies is pasted, and the label is shared by area."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import check_number
from cutmix_tf._random import beta, fold_in
from cutmix_tf.mixing._low_frequencies import largest, low_frequency_fields
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw

_FIELDS = 0xF1  # keeps the fields' draws apart from the others


@dataclasses.dataclass(frozen=True)
class FMix(Mixer):
    """Pastes a random shape of each image's partner into it, and shares the label by the number of pixels.

    Draws λ ~ Beta(alpha, alpha) and a random image of low frequencies, whose largest values, λ of all pixels rounded to
    whole ones, say where the image keeps its own. The target is

        λ · label + (1 − λ) · partner's label,    λ = pixels kept / all pixels.

    Pixels are copied bit for bit in any dtype.

    Args:
      alpha: Concentration of the Beta distribution, above 0.
      decay: How fast amplitudes fall with the frequency, from 1 to 10: larger values give simpler shapes. The paper
        uses 3.
      prob: Probability that an example (or a batch) is mixed, in [0, 1].
      per: "example" draws λ, shape and coin for each example; "batch" draws them once for the whole batch, as the
        official code does.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Example:
      >>> images, targets = FMix()(tf.zeros([8, 32, 32, 3], tf.uint8), tf.range(8), seed=(0, 1))

    Shapes follow the distribution of the authors' code, but for frequencies of more than 32 periods along a side, which
    are left out; docs/methods/fmix.md says how much that changes.

    Reference:
      Harris et al., "FMix: Enhancing Mixed Sample Data Augmentation", 2020, https://arxiv.org/abs/2002.12047,
      Section 4.
    """

    alpha: float = 1.0
    decay: float = 3.0
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_number("alpha", self.alpha, low=0, above=True)
        check_number("decay", self.decay, low=1, high=10)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws shapes and partners; the box is the whole image."""
        batch, height, width = canvas.batch, canvas.height, canvas.width
        draws = draw(seed, batch, 1, prob=self.prob, per=self.per)
        shapes = batch if self.per == "example" else 1
        fields = low_frequency_fields(fold_in(seed, _FIELDS), shapes, height, width, float(self.decay))
        pixels = height * width
        kept = tf.cast(tf.round(beta(draws.bits[0], self.alpha) * tf.cast(pixels, tf.float64)), tf.int32)
        mixed = tf.logical_not(largest(tf.reshape(fields, [shapes, pixels]), kept))
        mask = draws.per_example(tf.reshape(mixed, [shapes, height, width]))
        return Plan(box=draws.box(canvas.whole), partner=draws.partner, mask=mask)
