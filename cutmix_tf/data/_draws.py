"""Draws from random bits that the input pipeline needs: orders, numbers in a range, normals."""

import tensorflow as tf

from cutmix_tf._random import random_bits


def fold_in(seed, number) -> tf.Tensor:
    """A new seed for each number (a step, an epoch, a block) that the old seed is folded with: int32 (2,)."""
    return tf.random.fold_in(seed, tf.cast(number, tf.int32), alg="philox")  # pyright: ignore[reportReturnType]


def permutation(count, seed) -> tf.Tensor:
    """The integers from 0 to count - 1 in random order: int32 (count,)."""
    return tf.argsort(random_bits(seed, [count]), stable=True)


def uniform(bits, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
    """Bits as numbers in [low, high]: float32 of the bits' shape.

    TensorFlow's own float draws differ between XLA and other kernels; these use the upper 24 bits exactly.
    """
    share = tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) / 2**24
    return low + (high - low) * share


def normal(bits) -> tf.Tensor:
    """Bits as standard normal numbers: float32, the middles of 2**23 equally likely slices."""
    middle = tf.cast(tf.bitwise.right_shift(bits, tf.constant(9, tf.uint32)), tf.float32) + 0.5
    return tf.math.ndtri(middle / 2**23)
