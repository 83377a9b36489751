"""Color augmentation of the official CutMix code for ImageNet: jitter in random order, and PCA lighting.

Both take whole batches of float images in pixel units from 0 to 255, and don't clip.
"""

import itertools
from typing import NamedTuple

import tensorflow as tf

from cutmix_tf._random import child_seeds, normal, random_bits, uniform, uniform_integers

STRENGTH = 0.4  # of each jitter
LIGHTING_STD = 0.1

_BRIGHTNESS, _SATURATION, _CONTRAST = range(3)
_ORDERS = tuple(itertools.permutations((_BRIGHTNESS, _SATURATION, _CONTRAST)))
_GRAY = (0.299, 0.587, 0.114)
# Principal components of ImageNet's RGB values in [0, 1]: columns are directions, with their sizes.
_COMPONENTS = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
_SIZES = (0.2175, 0.0188, 0.0045)


class Jitter(NamedTuple):
    """Three color changes of each image, in the order in which they are made.

    Attributes:
      kinds: int32 (batch, 3), a permutation of 0 brightness, 1 saturation, 2 contrast for each image.
      amounts: float32 (batch, 3), how far each goes: 0 changes nothing, 1 gives black, gray or flat gray.
    """

    kinds: tf.Tensor
    amounts: tf.Tensor


def sample_jitter(batch, seed) -> Jitter:
    """Draws for each image an order, all six equally likely, and amounts uniform in [-0.4, 0.4]."""
    order_seed, amount_seed = child_seeds(seed, 2)
    orders = uniform_integers(random_bits(order_seed, [batch]), len(_ORDERS))
    amounts = uniform(random_bits(amount_seed, [batch, 3]), -STRENGTH, STRENGTH)
    return Jitter(tf.gather(_ORDERS, orders), amounts)


def apply_jitter(images: tf.Tensor, jitter: Jitter) -> tf.Tensor:
    """Moves float32 images (batch, height, width, 3) towards or away from black, gray and their mean gray."""
    gray = tf.reduce_sum(images * _GRAY, axis=-1, keepdims=True)
    mean = tf.reduce_mean(gray, axis=(1, 2), keepdims=True)
    of_image, of_gray, of_mean = (share[:, None, None, None] for share in tf.unstack(_shares(jitter), axis=1))
    return of_image * images + of_gray * gray + of_mean * mean


def _shares(jitter: Jitter) -> tf.Tensor:
    """What the three changes come to together: shares of the image, its gray and its mean gray, float32 (batch, 3).

    The gray of i · image + g · gray + m · mean is (i + g) · gray + m · mean, and its mean gray (i + g + m) · mean. So
    each change turns three shares into three others, and a single pass over the pixels makes all of them.
    """
    shares = tf.one_hot(tf.zeros_like(jitter.kinds[:, 0]), 3)
    for step in range(3):
        image, gray, mean = tf.unstack(shares, axis=1)
        none = tf.zeros_like(image)
        black, grays, flat = (none, none, none), (none, image + gray, mean), (none, none, image + gray + mean)
        ends = tf.stack([tf.stack(end, axis=1) for end in (black, grays, flat)], axis=1)  # by kind
        end = tf.gather(ends, jitter.kinds[:, step], axis=1, batch_dims=1)
        shares += jitter.amounts[:, step, None] * (end - shares)
    return shares


def sample_lighting(batch, seed) -> tf.Tensor:
    """Draws N(0, 0.1) amounts of ImageNet's three color components for each image: float32 (batch, 3)."""
    return LIGHTING_STD * tf.cast(normal(random_bits(seed, [batch, 3])), tf.float32)


def apply_lighting(images: tf.Tensor, amounts: tf.Tensor) -> tf.Tensor:
    """Adds one color to each of the float32 images (batch, height, width, 3), mixed from the components."""
    color = 255 * tf.reduce_sum(tf.constant(_COMPONENTS) * (amounts * _SIZES)[:, None, :], axis=-1)
    return images + color[:, None, None, :]
