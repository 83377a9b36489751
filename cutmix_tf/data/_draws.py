"""Draws from random bits that the input pipeline needs: orders and numbers in a range."""

import tensorflow as tf

from cutmix_tf._random import random_bits


def permutation(count, seed) -> tf.Tensor:
    """The integers from 0 to count - 1 in random order: int32 (count,)."""
    return tf.argsort(random_bits(seed, [count]), stable=True)


def uniform(bits, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
    """Bits as numbers in [low, high]: float32 of the bits' shape.

    TensorFlow's own float draws differ between XLA and other kernels; these use the upper 24 bits exactly.
    """
    share = tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) / 2**24
    return low + (high - low) * share
