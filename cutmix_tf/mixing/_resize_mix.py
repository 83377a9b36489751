"""ResizeMix: the whole partner, shrunk, is pasted, and the label is shared by area."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_number
from cutmix_tf._random import uniform_integers
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class ResizeMix(Mixer):
    """Shrinks each image's partner and pastes it whole, and shares the label by the number of pixels.

    So the box always shows the partner's object, unlike that of `CutMix`. Draws τ uniformly from `scale`, a box of τ
    times the image's height and width, rounded down but at least one pixel, and its place, uniformly among all where it
    fits. The target is

        λ · label + (1 − λ) · partner's label,    λ = pixels kept / all pixels, about 1 − τ².

    Each pasted pixel is the mean of the part of the partner that it covers, so nothing is aliased, and each of the
    partner's pixels counts equally. Images keep their dtype: integers are rounded to the nearest, with halves to even.
    NaN or infinity in the partner spreads over all that is pasted. Segmentation masks are shrunk by taking the nearest
    pixel.

    Args:
      scale: The smallest and the largest side of the box, as a share of the image's, above 0 and at most 1.
      prob: Probability that an example (or a batch) is mixed, in [0, 1].
      per: "example" draws size, place and coin for each example; "batch" draws them once for the whole batch.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Example:
      >>> images, targets = ResizeMix()(tf.zeros([8, 32, 32, 3], tf.uint8), tf.range(8), seed=(0, 1))

    docs/methods/resize_mix.md says how this differs from the paper's code.

    Reference:
      Qin et al., "ResizeMix: Mixing Data with Preserved Object Information and True Labels", 2020,
      https://arxiv.org/abs/2012.11101, Section 3.
    """

    scale: tuple[float, float] = (0.1, 0.8)
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        object.__setattr__(self, "scale", as_tuple("scale", self.scale))  # lists are welcome, but not hashable
        for side in self.scale:
            check_number("scale", side, low=0, high=1, above=True)
        if len(self.scale) != 2 or self.scale[0] > self.scale[1]:
            raise ValueError(f"scale must be the smallest and the largest side; got {self.scale}.")
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws boxes and partners; the source is the whole image."""
        draws = draw(seed, canvas.batch, 3, prob=self.prob, per=self.per)
        scale_bits, row_bits, column_bits = draws.bits
        low, high = self.scale
        share = low + (high - low) * tf.cast(scale_bits, tf.float64) / 2**32
        size = tf.stack([canvas.height, canvas.width])
        sides = tf.cast(tf.floor(share[:, None] * tf.cast(size, tf.float64)), tf.int32)
        sides = tf.clip_by_value(sides, 1, size)
        first = uniform_integers(tf.stack([row_bits, column_bits], axis=1), size - sides + 1)
        box = tf.concat([first, first + sides], axis=1)
        return Plan(box=draws.box(box), partner=draws.partner, source=draws.per_example(canvas.whole))
