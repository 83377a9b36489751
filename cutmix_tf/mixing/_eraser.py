"""What methods that erase parts of images share: labels stay, and what is written must suit the images."""

from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_number
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Erase, Plan

Fill = float | tuple[float, ...]


class Eraser(Mixer):
    """A mixer that erases parts of each image; labels, sample weights and segmentation masks stay.

    Subclasses are frozen dataclasses with a setting `fill`, a number in the images' own range or one for each channel,
    and a method `plan` that returns `self.erasing(box)`. A method that writes something else, or only into parts of its
    boxes, passes a subclass of `Erase` to `erasing`.
    """

    fill: Any

    @property
    def keeps_labels(self) -> bool:
        """True."""
        return True

    def check_images(self, images: tf.Tensor) -> None:
        """Raises ValueError unless `fill` suits the images' dtype and number of channels."""
        check_fill_suits(self.fill, images)

    def erasing(self, box: tf.Tensor, kind: type[Erase] = Erase, **parts: Any) -> Plan:
        """The plan that erases every example's box with `fill`, or as another kind of `Erase` made of `parts`."""
        if "fill" not in parts:
            parts["fill"] = tf.reshape(tf.constant(self.fill, tf.float32), [1, -1])
        return Plan(box, erase=(kind(tf.ones(tf.shape(box)[:1], tf.bool), **parts),))


def check_fill(fill: Fill) -> None:
    """Raises ValueError or TypeError unless `fill` is a number, or a tuple with one for each channel."""
    if isinstance(fill, tuple) and not fill:
        raise ValueError("fill must be a number, or one for each channel; got ().")
    for value in fill if isinstance(fill, tuple) else (fill,):
        check_number("fill", value, low=-3.4e38, high=3.4e38)


def check_fill_suits(fill: Fill, images: tf.Tensor) -> None:
    """Raises ValueError unless those values can be written into images of that dtype and number of channels."""
    values, dtype, channels = np.atleast_1d(fill), images.dtype, images.shape[-1]
    if len(values) > 1 and channels not in (None, len(values)):
        raise ValueError(f"fill has {len(values)} values, one for each channel; got images with {channels} channels.")
    what = "whole numbers" if dtype.is_integer else "numbers"
    fractional = dtype.is_integer and (values != values.round()).any()
    if fractional or (values < dtype.min).any() or (values > dtype.max).any():
        raise ValueError(
            f"To fill {dtype.name} images, fill must be {what} in [{dtype.min}, {dtype.max}]; got {fill}. "
            "Round it, or convert the images to float32 first."
        )
