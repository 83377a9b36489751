"""The dtype policy that a run's model is built under."""

import contextlib
from collections.abc import Iterator

import keras

from cutmix_tf.distribution import computes_bfloat16


def policy_of(precision: str, given: object = None) -> str:
    """The name of the dtype policy that a config's precision means here.

    Args:
      precision: As in `TrainConfig`.
      given: What is trained instead of the model that the config names, if anything. With "float32", the default, a
        model that has been built keeps its own policy.

    Raises:
      ValueError: if the given model has been built under another policy than a precision that is not the default.
    """
    if isinstance(given, keras.Model) and precision != "float32":
        policies = {layer.dtype_policy.name for layer in given.layers}
        if precision not in policies:
            raise ValueError(
                f"precision={precision!r} decides how a model is built; got a model that has been built, under "
                f"{' and '.join(sorted(policies))}. Give a function that builds it, or leave the setting out."
            )
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if computes_bfloat16() else "float32"


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Keras' global dtype policy while a model is built."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
