"""Random images of low frequencies, and the part of them above a threshold: what masks of FMix are made of.

All sums are of whole numbers that float64 holds exactly, and each image is ranked by whole numbers. So compiled and
uncompiled code agree to the bit, which a fast Fourier transform in floats would not promise.
"""

import math

import tensorflow as tf

from cutmix_tf._random import normal, random_bits

HIGHEST = 32
"""Frequencies beyond this many periods along a side of an image are left out."""

_COEFFICIENT, _WAVE, _FIELD = 2.0**20, 2.0**18, 2.0**22  # units of amplitudes, of cosines and of the field
_LIMIT = 2**29  # of values that are ranked; fields are far below


def low_frequency_fields(seed, count, height, width, decay: float) -> tf.Tensor:
    """Random images whose amplitudes fall like 1 / frequency**decay: int32 (count, height, width), in arbitrary units.

    Like the authors' code: a real amplitude is drawn for each pair of frequencies, k periods along the height and l
    along the width, from a normal distribution with a standard deviation of max(f, 1 / longer side)**-decay, where f is
    the norm of (k / height, (l // 2) / width); the image is the inverse of a real two-dimensional Fourier transform.

    Args:
      seed: Integers (2,).
      count: Number of images.
      height: In pixels.
      width: In pixels.
      decay: At least 1.
    """
    down, across = tf.range(-HIGHEST, HIGHEST + 1), tf.range(2 * HIGHEST + 1)
    bits = random_bits(seed, [count, 2 * HIGHEST + 1, 2 * HIGHEST + 1])
    amplitudes = normal(bits) * _scales(down, across, height, width, decay)
    amplitudes = tf.round(amplitudes * _COEFFICIENT)
    row_waves, column_waves = _waves(down, height), _waves(across, width)
    fields = tf.zeros([], tf.float64)
    for row_wave, column_wave, sign in zip(row_waves, column_waves, (1, -1), strict=True):  # cos(a + b), and b ≥ 0
        columns = tf.einsum("hk,bkl->bhl", row_wave, amplitudes)
        columns = tf.round(columns / (_WAVE * _COEFFICIENT / _FIELD))
        fields += sign * tf.einsum("bhl,lw->bhw", columns, tf.transpose(column_wave))
    return tf.cast(tf.clip_by_value(tf.round(fields / _WAVE), 1 - _LIMIT, _LIMIT - 1), tf.int32)


def _scales(down: tf.Tensor, across: tf.Tensor, height, width, decay: float) -> tf.Tensor:
    """The standard deviation of each amplitude, at most 1; 0 for frequencies that the image has not: float64 (k, l)."""
    size = tf.cast(tf.stack([height, width]), tf.float64)
    k, half = tf.cast(down, tf.float64)[:, None], tf.cast(across // 2, tf.float64)
    squared = (k * size[1]) ** 2 + (half * size[0]) ** 2  # whole numbers, of (f · height · width)²
    frequency = tf.maximum(tf.sqrt(squared) / tf.reduce_min(size), 1.0)  # in units of 1 / longer side
    exists = ((down >= -(height // 2)) & (down <= (height - 1) // 2))[:, None] & (across <= width // 2)
    twice = tf.where((across == 0) | (2 * across == width), 0.5, 1.0)  # other ones stand for −l too
    return tf.where(exists, tf.cast(twice, tf.float64) * frequency**-decay, 0)


def _waves(frequencies: tf.Tensor, size) -> tuple[tf.Tensor, tf.Tensor]:
    """Cosines and sines in whole units: float64 (size, frequencies)."""
    turns = tf.range(size)[:, None] * frequencies % size  # less than one, so that no precision is lost
    angle = 2 * math.pi * tf.cast(turns, tf.float64) / tf.cast(size, tf.float64)
    return tf.round(_WAVE * tf.cos(angle)), tf.round(_WAVE * tf.sin(angle))


def largest(values: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """The `count` largest values of each row, equal ones in the order of their places: bool like `values`.

    The threshold is found digit by digit, which compiles and vectorizes, unlike sorting.

    Args:
      values: int32 (batch, places), below 2**29 in absolute value.
      count: int32 (batch,), from 0 to the number of places.
    """
    count, place = count[:, None], tf.range(tf.shape(values)[1])

    def above(least):
        return _count(values > least)

    threshold = _lowest(lambda least: above(least) <= count, tf.fill(tf.shape(count), -_LIMIT), tf.constant(True))
    chosen, equal = values > threshold, values == threshold
    missing = count - above(threshold)
    shared = tf.reduce_any(_count(equal) > missing)  # otherwise all that are equal are chosen
    end = _lowest(lambda end: _count(equal & (place < end)) >= missing, tf.zeros_like(count), shared)
    return chosen | (equal & ((place < end) | tf.logical_not(shared)))


def _count(chosen: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(chosen, tf.int32), axis=1, keepdims=True)


def _lowest(holds, first: tf.Tensor, needed: tf.Tensor) -> tf.Tensor:
    """The lowest integer, from `first` to 2**30 − 1 above it, from which on something holds: int32 (batch, 1).

    Args:
      holds: Whether it does for an integer of each row: int32 (batch, 1) -> bool (batch, 1).
      first: int32 (batch, 1).
      needed: Whether to search; otherwise `first` is returned.
    """

    def step(half, low, middle):  # it is one of 2 · half integers from low on
        low = tf.where(holds(middle), low, middle + 1)
        half //= 2
        return half, low, low + half - 1

    half = tf.where(needed, 2**29, 0)
    loop = tf.while_loop(lambda half, *_: half > 0, step, (half, first, first + half - 1), maximum_iterations=30)
    return loop[1]
