"""What methods share that erase parts of pictures: labels stay, and what fills the holes must suit the images."""

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_number
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Plan

Fill = float | tuple[float, ...]


class Eraser(Mixer):
    """A mixer that fills parts of each picture; labels, weights and segmentation masks stay.

    Subclasses have `fill`: a number in the images' own range, or one for each channel.
    """

    fill: Fill

    @property
    def keeps_labels(self) -> bool:
        """True."""
        return True

    @property
    def fill_values(self) -> Fill:
        """Values that erased parts may take, for the checks of dtype and channels."""
        return self.fill

    def check_images(self, images: tf.Tensor) -> None:
        """Raises ValueError unless the images' dtype and number of channels can take what fills them."""
        fill, dtype, channels = np.atleast_1d(self.fill_values), images.dtype, images.shape[3]
        if len(fill) > 1 and channels not in (None, len(fill)):
            raise ValueError(f"fill has {len(fill)} values, one for each channel; got images with {channels} channels.")
        what = "whole numbers" if dtype.is_integer else "numbers"
        if (dtype.is_integer and (fill != fill.round()).any()) or (fill < dtype.min).any() or (fill > dtype.max).any():
            raise ValueError(
                f"To fill {dtype.name} images, fill must be {what} in [{dtype.min}, {dtype.max}]; got "
                f"{self.fill_values}. Round it, or convert the images to float32 first."
            )

    def erasing(self, box: tf.Tensor, batch, **other: tf.Tensor) -> Plan:
        """The plan that fills these boxes with `fill`, or with what `other` says."""
        if "fill" not in other:
            other["fill"] = tf.reshape(tf.constant(self.fill, tf.float32), [1, -1])
        return Plan(box, erased=tf.ones([batch], tf.bool), **other)


def check_fill(fill: Fill) -> None:
    """Raises ValueError or TypeError unless `fill` is a number, or one for each channel."""
    if isinstance(fill, tuple) and not fill:
        raise ValueError("fill must be a number, or one for each channel; got ().")
    for value in fill if isinstance(fill, tuple) else (fill,):
        check_number("fill", value, low=-3.4e38, high=3.4e38)
