"""XLA where it exists: one place that decides whether functions are compiled, and that keeps the compiled ones."""

import functools
from collections.abc import Callable, Hashable

import tensorflow as tf


@functools.cache
def available() -> bool:
    """Whether this TensorFlow can compile a function with XLA on its CPU; tried once, on a trivial one."""
    try:
        with tf.init_scope(), tf.device("CPU:0"):
            tf.function(lambda x: x + 1, jit_compile=True)(tf.constant(1))
    except (tf.errors.OpError, ValueError):  # built without XLA, or for a device without it
        return False
    return True


def cached_compile(function: Callable, *settings: Hashable) -> Callable:
    """`function(*settings, *tensors)` as a compiled graph, called with the tensors alone.

    Equal settings share one compiled function, however many mixers and pipelines ask for it. Without XLA it is a plain
    graph.

    Args:
      function: a function at the top level of a module, so that it is the same object at every call.
      settings: its first arguments; hashable.
    """
    return _compiled(function, settings, available())


def clear_compiled() -> None:
    """Forgets all compiled functions, so that their graphs can be freed. XLA's own machine code stays in memory."""
    _compiled.cache_clear()


@functools.lru_cache(maxsize=512)
def _compiled(function: Callable, settings: tuple[Hashable, ...], with_xla: bool) -> Callable:
    bound = functools.partial(function, *settings)
    return tf.function(bound, jit_compile=with_xla, reduce_retracing=True, autograph=False)
