"""Which seed a call uses: its own, the next one of the method, or a fresh one."""

import uuid

import tensorflow as tf

from cutmix_tf._random import check_seed, fresh_seed
from cutmix_tf.mixing._planner import Planner

_PHILOX, _BLOCK = 1, 8  # the generator's number, and the bits of its counter that one draw skips


def seed_of_call(method: Planner, seed) -> tf.Tensor:
    """The seed of one call: integers (2,).

    Args:
      method: What is called. Its own seed, if it has one, is paired with the number of its calls so far.
      seed: What the call was given, or None.
    """
    if seed is not None:
        return check_seed(seed)
    if method.seed is None:
        return fresh_seed()
    return tf.stack([tf.constant(method.seed, tf.int64), _next_number(method)])


def check_unseeded(need: str, *methods: Planner | None) -> None:
    """Raises ValueError, saying what is needed, if a method has a seed that would be ignored."""
    for method in methods:
        if method is not None and method.seed is not None:
            raise ValueError(f"{need}; got {method!r}. Leave its seed out.")


def _next_number(method: Planner) -> tf.Tensor:
    """The number of calls before this one: int64.

    It is counted by the state of a random generator, the one variable of TensorFlow that is read and advanced in one
    operation, so that parallel calls never get the same number.
    """
    step = tf.constant(1, tf.uint64)
    state = tf.raw_ops.RngReadAndSkip(resource=_counter_of(method), alg=_PHILOX, delta=step)
    return tf.bitwise.right_shift(state[0], tf.constant(_BLOCK, tf.int64))


def _counter_of(method: Planner) -> tf.Tensor:
    """The generator's state. It is kept with the method, but no part of its value: copies count from 0.

    It is a bare resource, since a tf.Variable would belong to the tf.distribute strategy in whose scope it is made.
    """
    if "_counter" not in vars(method):
        with tf.init_scope(), tf.device("CPU:0"):  # outside of the graph in which it is first used
            counter = tf.raw_ops.VarHandleOp(dtype=tf.int64, shape=[3], shared_name=f"calls_{uuid.uuid4()}")
            tf.raw_ops.AssignVariableOp(resource=counter, value=tf.zeros([3], tf.int64))
        object.__setattr__(method, "_counter", counter)
    return vars(method)["_counter"]
