"""Cutout: a square of each picture is erased; labels stay."""

import dataclasses

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf.mixing._boxes import clipped_boxes, uniform_centres
from cutmix_tf.mixing._mixer import Mixer, Per, check_common, draw
from cutmix_tf.mixing._plan import Canvas, Plan


@dataclasses.dataclass(frozen=True)
class Cutout(Mixer):
    """Fills a square of each image with a constant; labels, weights and segmentation masks stay.

    The square is centred on a uniform pixel and clipped at the border, so that all pixels are erased nearly
    equally often and the square is smaller there.

    Args:
      size: Side of the square in pixels, at least 1; an odd side loses a pixel, as in the official code.
        CutMix compares with 16 on CIFAR and 112 on ImageNet.
      fill: The value that fills the square, in the images' own range: a number, or one for each channel.
        The papers fill with 0 after normalisation; before it, that is the data set's mean colour. Integer
        images need whole numbers.
      prob: Chance of an example (or of a batch) to be erased, in [0, 1].
      per: "example" draws the place and coin for each example; "batch" once for the whole batch.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, if `fill` is not a value of
        the images' dtype or has another number of channels.

    Reference:
      DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017,
      https://arxiv.org/abs/1708.04552, Section 3.1.
    """

    size: int = 16
    fill: float | tuple[float, ...] = 0.0
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_whole("size", self.size, low=1)
        check_common(self.prob, self.per)
        check_fill(self.fill)

    @property
    def keeps_labels(self) -> bool:
        """True."""
        return True

    def check_images(self, images: tf.Tensor) -> None:
        """Raises ValueError unless `fill` is a value that these images can take."""
        check_fill_fits(self.fill, images)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws the squares' places."""
        batch, height, width, _ = canvas
        draws = draw(seed, batch, 2, prob=self.prob, per=self.per)
        row_bits, column_bits = draws.bits
        centres = uniform_centres(row_bits, column_bits, height, width)
        box = clipped_boxes(centres, tf.constant([self.size, self.size]), height, width)
        fill = tf.reshape(tf.constant(self.fill, tf.float32), [1, -1])
        return Plan(box=draws.box(box), erased=tf.ones([batch], tf.bool), fill=fill)


def check_fill(fill: float | tuple[float, ...]) -> None:
    """Raises ValueError or TypeError unless `fill` is a number, or one for each channel."""
    for value in fill if isinstance(fill, tuple) else (fill,):
        check_number("fill", value, low=-3.4e38)


def check_fill_fits(fill: float | tuple[float, ...], images: tf.Tensor) -> None:
    """Raises ValueError unless `fill` is a value that images of that dtype and number of channels can take."""
    values, dtype, channels = np.atleast_1d(fill), images.dtype, images.shape[3]
    if len(values) > 1 and channels not in (None, len(values)):
        raise ValueError(f"fill has {len(values)} values, one for each channel; got images with {channels} channels.")
    if dtype.is_integer and ((values != values.round()) | (values < dtype.min) | (values > dtype.max)).any():
        raise ValueError(
            f"To fill {dtype.name} images, fill must be whole numbers in [{dtype.min}, {dtype.max}]; got "
            f"{fill}. Round it, or convert the images to float32 first."
        )
