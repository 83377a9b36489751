"""Stateless randomness: random bits from a seed, and exact integer arithmetic that turns them into draws.

Nothing here rounds differently in compiled and uncompiled code: bits are compared, multiplied and looked up as
integers. So equal seeds give equal draws in eager mode, in a graph, under XLA and in `Dataset.map`.
"""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._tensors import as_tensor

_QUANTILE_BITS = 14


def check_seed(seed) -> tf.Tensor:
    """The seed as an integer tensor of shape (2,).

    Raises:
      TypeError: if it is not made of integers.
      ValueError: if there are not exactly two of them.
    """
    seed = as_tensor("seed", seed)
    if not seed.dtype.is_integer:
        raise TypeError(f"seed must be two integers; got dtype {seed.dtype.name}. Pass seed=(1, 2), for example.")
    if seed.shape != (2,):
        raise ValueError(f"seed must be two integers; got shape {seed.shape}. Pass seed=(1, 2), for example.")
    return seed


def fresh_seed() -> tf.Tensor:
    """A new seed at every call or graph step, from TensorFlow's global generator: int32 (2,)."""
    return tf.random.uniform([2], minval=tf.int32.min, maxval=tf.int32.max, dtype=tf.int32)


def random_bits(seed, shape) -> tf.Tensor:
    """Independent random bits: uint32 of that shape. Philox is named explicitly so that all devices agree."""
    full_range: Any = None  # how TensorFlow is asked for all bits of an integer
    return tf.random.stateless_uniform(shape, seed, full_range, full_range, dtype=tf.uint32, alg="philox")


def child_seeds(seed, count: int) -> list[tf.Tensor]:
    """`count` seeds of independent random streams, a function of `seed` alone: each int32 (2,)."""
    return tf.unstack(tf.bitcast(random_bits(seed, [count, 2]), tf.int32))


def fold_in(seed, number) -> tf.Tensor:
    """A new seed for each number (a step, an epoch, a block) that is folded into the old one: int32 (2,)."""
    return tf.random.fold_in(seed, tf.cast(number, tf.int32), alg="philox")  # pyright: ignore[reportReturnType]


def uniform_integers(bits, limit) -> tf.Tensor:
    """Bits as integers in [0, limit): int32 of the bits' shape. Uneven by less than limit / 2**32."""
    return tf.cast(tf.bitwise.right_shift(tf.cast(bits, tf.int64) * tf.cast(limit, tf.int64), 32), tf.int32)


def coins(bits, prob) -> tf.Tensor:
    """True with probability `prob`: bool of the bits' shape. Exact for 0 and 1."""
    return tf.cast(bits, tf.float64) < prob * 2.0**32


def hashed_bits(seeds, positions) -> tf.Tensor:
    """Pseudorandom bits for each pair of a seed and a position, computed where they are used, without any state.

    Both are uint32 and broadcast against each other. The hash is MurmurHash3's finalizer: good enough for noise in
    images, not for secrets.
    """
    bits = tf.bitwise.bitwise_xor(positions * tf.constant(0x9E3779B9, tf.uint32), seeds)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        bits = tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, tf.constant(shift, tf.uint32)))
        bits *= tf.constant(factor, tf.uint32)
    return bits


def beta(bits, alpha: float) -> tf.Tensor:
    """Bits as draws of Beta(alpha, alpha): float64 of the bits' shape.

    A draw is one of 2**14 equally likely quantiles, so its distribution function is within 3.1e-5 of the Beta's for any
    alpha > 0. Unlike the usual ratio of gammas, a lookup compiles under XLA. Beyond 1e-300 and 1e10, where SciPy can't
    compute all quantiles, alpha counts as that limit: draws are then 0 or 1, or differ from one half by less than 1e-4.
    """
    return _look_up(bits, _beta_quantiles(min(max(float(alpha), 1e-300), 1e10)))


def normal(bits) -> tf.Tensor:
    """Bits as standard normal draws: float64 of the bits' shape, one of 2**14 equally likely quantiles."""
    return _look_up(bits, _normal_quantiles())


def _look_up(bits: tf.Tensor, quantiles: np.ndarray) -> tf.Tensor:
    index = tf.bitwise.right_shift(bits, tf.constant(32 - _QUANTILE_BITS, tf.uint32))
    return tf.gather(tf.constant(quantiles), tf.cast(index, tf.int32))


@functools.lru_cache(maxsize=64)
def _beta_quantiles(alpha: float) -> np.ndarray:
    """The middle quantile of each of 2**14 equal slices of Beta(alpha, alpha), ascending: float64."""
    from scipy import special  # here, because importing it is slow

    count = 2**_QUANTILE_BITS
    lower = special.betaincinv(alpha, alpha, (np.arange(count // 2) + 0.5) / count)
    return np.concatenate([lower, 1 - lower[::-1]])


@functools.cache
def _normal_quantiles() -> np.ndarray:
    """The middle quantile of each of 2**14 equal slices of the standard normal distribution, ascending: float64."""
    from scipy import special

    return special.ndtri((np.arange(2**_QUANTILE_BITS) + 0.5) / 2**_QUANTILE_BITS)


def permutation(count, seed) -> tf.Tensor:
    """The integers from 0 to count - 1 in random order: int32 (count,)."""
    return tf.argsort(random_bits(seed, [count]), stable=True)


def uniform(bits, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
    """Bits as numbers in [low, high]: float32 of the bits' shape.

    TensorFlow's own float draws differ between XLA and other kernels; these use the upper 24 bits exactly.
    """
    share = tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) / 2**24
    return low + (high - low) * share
