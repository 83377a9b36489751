"""Cutout: a square of each image is erased; labels stay."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf.mixing._boxes import clipped_boxes, uniform_centers
from cutmix_tf.mixing._eraser import Eraser, check_fill
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class Cutout(Eraser):
    """Fills a square of each image with a constant; labels, sample weights and segmentation masks stay.

    The square is centered on a uniformly drawn pixel and clipped at the border, so that all pixels are erased almost
    equally often and squares at the border are smaller.

    Args:
      size: Side of the square in pixels, at least 1; an odd side loses a pixel, as in the official code. The CutMix
        paper compares with 16 on CIFAR and 112 on ImageNet.
      fill: The value that fills the square, in the images' own range: a number, or one for each channel. The papers
        fill with 0 after normalization; before it, that is the dataset's mean color. Integer images need whole numbers.
      prob: Probability that an example (or a batch) is erased, in [0, 1].
      per: "example" draws place and coin for each example; "batch" draws them once for the whole batch.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, if `fill` can't be stored in the images'
        dtype or has another number of channels.

    Reference:
      DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017,
      https://arxiv.org/abs/1708.04552, Section 3.1.
    """

    size: int = 16
    fill: float | tuple[float, ...] = 0.0
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_whole("size", self.size, low=1, high=2**31 - 1)
        check_common(self.prob, self.per)
        check_fill(self.fill)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws the squares' places."""
        batch, height, width = canvas.batch, canvas.height, canvas.width
        draws = draw(seed, batch, 2, prob=self.prob, per=self.per)
        row_bits, column_bits = draws.bits
        centers = uniform_centers(row_bits, column_bits, height, width)
        box = clipped_boxes(centers, tf.constant([self.size, self.size]), height, width)
        return self.erasing(draws.box(box))
