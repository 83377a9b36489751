"""The variants that the CutMix paper compares it with: other boxes, and labels that don't follow the area."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf._random import beta, normal
from cutmix_tf.mixing._boxes import clipped_boxes, sides_for_share, uniform_centers
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan, own_weight
from cutmix_tf.mixing._planner import Per, check_common, draw
from cutmix_tf.mixing._relabeled import Relabeled


@dataclasses.dataclass(frozen=True)
class CenterGaussianCutMix(Mixer):
    """CutMix whose box lies around a normally distributed center; the label is shared by area, as in `CutMix`.

    Args:
      alpha: As in `CutMix`.
      spread: Standard deviation of the center around the middle, as a share of height and width, at least 0. The paper
        does not state its own; centers beyond the border are moved onto it.
      prob: As in `CutMix`.
      per: As in `CutMix`.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Reference:
      Yun et al. 2019, Table 8, "Center Gaussian CutMix".
    """

    alpha: float = 1.0
    spread: float = 0.25
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_number("alpha", self.alpha, low=0, above=True)
        check_number("spread", self.spread, low=0)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws boxes and partners."""
        height, width = canvas.height, canvas.width
        draws = draw(seed, canvas.batch, 3, prob=self.prob, per=self.per)
        share_bits, *center_bits = draws.bits
        size = tf.stack([height, width])
        offsets = 0.5 + self.spread * normal(tf.stack(center_bits, axis=1))
        last = tf.cast(size - 1, tf.float64)
        centers = tf.cast(tf.clip_by_value(tf.floor(offsets * (last + 1)), 0, last), tf.int32)
        box = clipped_boxes(centers, sides_for_share(beta(share_bits, self.alpha), height, width), height, width)
        return Plan(box=draws.box(box), partner=draws.partner)


@dataclasses.dataclass(frozen=True)
class FixedSizeCutMix(Mixer):
    """CutMix whose box always has the same size before it is clipped; the label is shared by area, as in `CutMix`.

    Args:
      size: Side of the box in pixels, at least 1; the paper uses 16 on 32-pixel images.
      prob: As in `CutMix`.
      per: As in `CutMix`.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Reference:
      Yun et al. 2019, Table 8, "Fixed-size CutMix".
    """

    size: int = 16
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_whole("size", self.size, low=1, high=2**31 - 1)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws places and partners."""
        height, width = canvas.height, canvas.width
        draws = draw(seed, canvas.batch, 2, prob=self.prob, per=self.per)
        row_bits, column_bits = draws.bits
        centers = uniform_centers(row_bits, column_bits, height, width)
        box = clipped_boxes(centers, tf.constant([self.size, self.size]), height, width)
        return Plan(box=draws.box(box), partner=draws.partner)


@dataclasses.dataclass(frozen=True)
class OneHotTarget(Relabeled):
    """Mixes images like another mixer; the label is that of the larger part alone (the own label in a tie).

    An ablation: the target does not describe the image.

    Args:
      mixer: A mixer of images that doesn't relabel.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if `mixer` is anything else; when called, as the mixer.

    Reference:
      Yun et al. 2019, Table 8, "One-hot CutMix".
    """

    def label_weight(self, plan: Plan, canvas: Canvas) -> tf.Tensor:
        """1 or 0: float32 (batch,)."""
        return tf.cast(own_weight(plan, canvas.height, canvas.width) >= 0.5, tf.float32)


@dataclasses.dataclass(frozen=True)
class CompleteLabel(Relabeled):
    """Mixes images like another mixer; both labels weigh one half wherever anything was mixed in.

    An ablation: the target does not describe the image.

    Args:
      mixer: A mixer of images that doesn't relabel.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if `mixer` is anything else; when called, as the mixer.

    Reference:
      Yun et al. 2019, Table 8, "Complete-label CutMix".
    """

    def label_weight(self, plan: Plan, canvas: Canvas) -> tf.Tensor:
        """½ or 1: float32 (batch,)."""
        return tf.where(own_weight(plan, canvas.height, canvas.width) < 1, 0.5, 1.0)
