"""AutoAugment (Cubuk et al., CVPR 2019) with the published policies for CIFAR-10 and ImageNet, on whole batches.

The operations do what PIL's do, with which the policies were found, but compute in integers: factors in tenths,
matrices in fractions of 2**16. So equal seeds give equal bits, compiled or not. The image functions of TensorFlow and
Keras compute in floats, and lack some of the operations.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_choice
from cutmix_tf._random import child_seeds, coins, random_bits, uniform_integers
from cutmix_tf.pipeline._policies import OPERATIONS, POLICIES

FILL = 128  # where a moved image leaves nothing
_KINDS = {name: kind for kind, name in enumerate(OPERATIONS)}
_ONE = 2**16  # 1, in the fixed-point numbers of matrices


class Operations(NamedTuple):
    """Two operations for each image of a batch, applied one after the other.

    Attributes:
      kinds: int32 (batch, 2), places in `OPERATIONS`.
      amounts: int32 (batch, 2), magnitudes from -9 to 9; below 0 the operation goes the other way, if it has two.
    """

    kinds: tf.Tensor
    amounts: tf.Tensor


def auto_augment(images, policy: str, seed) -> tf.Tensor:
    """Changes each image by one of a policy's sub-policies, all equally likely. Labels stay as they are.

    Args:
      images: uint8 (batch, height, width, 3).
      policy: "cifar10" or "imagenet".
      seed: Two integers; equal seeds give equal images.

    Returns:
      The changed images, of the same shape and dtype.

    Raises:
      ValueError: if there is no such policy, or images have another shape or dtype.

    Reference:
      Cubuk et al., "AutoAugment", CVPR 2019, https://arxiv.org/abs/1805.09501, Appendix A.
    """
    images = tf.convert_to_tensor(images)
    if images.dtype != tf.uint8 or images.shape.rank != 4 or images.shape[-1] != 3:
        raise ValueError(
            "AutoAugment needs images as uint8 (batch, height, width, 3); "
            f"got {images.dtype.name} {images.shape}. Augment before images are normalized."
        )
    return apply_policy(images, sample_policy(tf.shape(images)[0], policy, seed))


def sample_policy(batch, policy: str, seed) -> Operations:
    """Draws a sub-policy for each image, which of its operations are applied, and which way they go.

    Args:
      batch: Number of images.
      policy: "cifar10" or "imagenet".
      seed: Two integers.

    Raises:
      ValueError: if there is no such policy.
    """
    check_choice("policy", policy, tuple(POLICIES))
    names, probs, magnitudes = np.moveaxis(np.array(POLICIES[policy], dtype=object), -1, 0)
    which_seed, coin_seed, sign_seed = child_seeds(seed, 3)
    which = uniform_integers(random_bits(which_seed, [batch]), len(names))
    kinds = tf.gather(np.vectorize(_KINDS.get)(names).astype(np.int32), which)
    amounts = tf.gather(magnitudes.astype(np.int32), which)
    amounts *= 1 - 2 * uniform_integers(random_bits(sign_seed, [batch, 2]), 2)
    applied = coins(random_bits(coin_seed, [batch, 2]), tf.gather(probs.astype(np.float64), which))
    return Operations(*(tf.where(applied, part, 0) for part in (kinds, amounts)))


def apply_policy(images: tf.Tensor, operations: Operations) -> tf.Tensor:
    """Applies two operations to each of the uint8 images (batch, height, width, 3).

    A magnitude m from 0 to 9 stands for: a shear of m/30 about the upper left corner; a shift by m/9 · 150/331 of the
    side; a rotation by m/9 · 30° about the center; Solarize from 256 - m/9 · 256; Posterize to 8 - m/9 · 4 bits,
    rounded; and the factors 0.1 + 0.2 m, from 0.1 to 1.9, of Brightness, Contrast, Color and Sharpness. Pixels are
    taken from the nearest place; what comes from outside of the image is gray, 128.
    """
    pixels = tf.cast(images, tf.int32)
    for step in range(2):
        kinds, amounts = (part[:, step] for part in operations)
        pixels = _move(pixels, kinds, amounts)
        pixels = _change_values(pixels, kinds, amounts)
        pixels = _equalize(pixels, kinds)
        pixels = _blend(pixels, kinds, amounts)
    return tf.cast(pixels, tf.uint8)


def _matrices() -> tuple[np.ndarray, np.ndarray]:
    """Where a pixel's value is taken from, by operation and amount + 9, in fractions of 2**16.

    They are (15, 19, 2, 2) of the pixel's place x, y, and (15, 19, 2) of the image's width and height.
    """
    matrices, shifts = np.zeros((len(OPERATIONS), 19, 2, 2)), np.zeros((len(OPERATIONS), 19, 2))
    matrices[:] = np.eye(2)
    amounts = np.arange(-9, 10)
    matrices[_KINDS["ShearX"], :, 0, 1] = matrices[_KINDS["ShearY"], :, 1, 0] = amounts / 30
    shifts[_KINDS["TranslateX"], :, 0] = shifts[_KINDS["TranslateY"], :, 1] = amounts / 9 * 150 / 331
    cos, sin = np.cos(np.radians(amounts / 9 * 30)), np.sin(np.radians(amounts / 9 * 30))
    matrices[_KINDS["Rotate"]] = np.moveaxis(np.array([[cos, -sin], [sin, cos]]), -1, 0)
    return np.rint(_ONE * matrices).astype(np.int32), np.rint(_ONE * shifts).astype(np.int32)


_MATRICES, _SHIFTS = _matrices()


def _move(pixels, kinds, amounts):
    """Shears, shifts or rotates images; others stay as they are."""
    batch, height, width = tf.unstack(tf.shape(pixels)[:3])
    row = tf.stack([kinds, amounts + 9], axis=1)
    matrices, shifts = tf.gather_nd(_MATRICES, row), tf.gather_nd(_SHIFTS, row)
    sides = tf.stack([width, height])
    # All places are those of pixels' centers, doubled to be integers.
    centers = tf.where(kinds[:, None] == _KINDS["Rotate"], sides, 0)
    x = (2 * tf.range(width) + 1)[None, None, :] - centers[:, 0, None, None]
    y = (2 * tf.range(height) + 1)[None, :, None] - centers[:, 1, None, None]
    offsets = _ONE * centers + 2 * shifts * sides
    xy = [m[:, 0, None, None] * x + m[:, 1, None, None] * y for m in tf.unstack(matrices, axis=1)]
    column, line = ((xy[axis] + offsets[:, axis, None, None]) // (2 * _ONE) for axis in range(2))
    inside = (column >= 0) & (column < width) & (line >= 0) & (line < height)
    place = (tf.range(batch)[:, None, None] * height + line) * width + column
    moved = tf.gather(tf.reshape(pixels, [-1, 3]), tf.where(inside, place, 0))
    return tf.where(inside[..., None], moved, FILL)


def _change_values(pixels, kinds, amounts):
    """Invert, Solarize, Posterize and AutoContrast: each value becomes another."""
    kinds, strengths = kinds[:, None, None, None], tf.abs(amounts)[:, None, None, None]
    low, high = (reduce(pixels, axis=(1, 2), keepdims=True) for reduce in (tf.reduce_min, tf.reduce_max))
    stretched = (pixels - low) * 255 // tf.maximum(high - low, 1)
    lost_bits = (8 * strengths + 9) // 18  # 4/9 of the strength, rounded
    changed = {
        "Invert": 255 - pixels,
        "Solarize": tf.where(9 * pixels < 256 * (9 - strengths), pixels, 255 - pixels),
        "Posterize": tf.bitwise.left_shift(tf.bitwise.right_shift(pixels, lost_bits), lost_bits),
        "AutoContrast": tf.where(high > low, stretched, pixels),
    }
    return _select(kinds, changed, pixels)


def _equalize(pixels, kinds):
    """Equalize: spreads each channel's values so that their histogram is flat."""
    shape = tf.shape(pixels)
    channel = tf.range(3 * shape[0])
    places = 256 * tf.reshape(channel, [-1, 1, 1, 3]) + pixels
    counts = tf.math.unsorted_segment_sum(tf.ones_like(places), places, 256 * 3 * shape[0])
    counts = tf.reshape(counts, [-1, 256])
    highest = tf.reshape(tf.reduce_max(pixels, axis=(1, 2)), [-1])
    step = (shape[1] * shape[2] - tf.gather(counts, highest, batch_dims=1)) // 255
    step = step[:, None]
    below = tf.cumsum(counts, axis=1, exclusive=True)
    table = tf.minimum((step // 2 + below) // tf.maximum(step, 1), 255)
    table = tf.where(step > 0, table, tf.range(256))
    equalized = tf.gather(tf.reshape(table, [-1]), places)
    return tf.where(kinds[:, None, None, None] == _KINDS["Equalize"], equalized, pixels)


def _blend(pixels, kinds, amounts):
    """Brightness, Contrast, Color and Sharpness: away from or towards black, mean gray, gray and smooth."""
    kinds, tenths = kinds[:, None, None, None], 1 + 2 * tf.abs(amounts)[:, None, None, None]
    gray = tf.reduce_sum(pixels * [19595, 38470, 7471], axis=-1, keepdims=True)
    gray = tf.bitwise.right_shift(gray + 2**15, 16)
    count = tf.cast(tf.shape(pixels)[1] * tf.shape(pixels)[2], tf.int64)
    total = tf.reduce_sum(tf.cast(gray, tf.int64), axis=(1, 2), keepdims=True)
    mean = tf.cast((2 * total + count) // (2 * count), tf.int32)
    ends = {"Brightness": 0, "Contrast": mean, "Color": gray, "Sharpness": _smooth(pixels)}
    end = _select(kinds, ends, pixels)
    return tf.clip_by_value(10 * end + tenths * (pixels - end), 0, 2550) // 10


def _smooth(pixels):
    """Each pixel's mean with its eight neighbors, itself counted five times; the border stays as it is."""
    height, width = tf.unstack(tf.shape(pixels)[1:3])
    padded = tf.pad(pixels, [[0, 0], [1, 1], [1, 1], [0, 0]])
    lines = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    around = lines[:, :, :-2] + lines[:, :, 1:-1] + lines[:, :, 2:]
    smooth = (2 * (around + 4 * pixels) + 13) // 26
    y, x = tf.range(height)[:, None, None], tf.range(width)[:, None]
    border = (y == 0) | (y == height - 1) | (x == 0) | (x == width - 1)
    return tf.where(border, pixels, smooth)


def _select(kinds, results, pixels):
    """The result of each image's operation, by its name; its pixels, if that is not among them."""
    for name, result in results.items():
        pixels = tf.where(kinds == _KINDS[name], result, pixels)
    return pixels
