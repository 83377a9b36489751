"""What training asks of devices, whether there is one, several, or several machines."""

import contextlib
from collections.abc import Callable

import keras

Scope = Callable[[], contextlib.AbstractContextManager]


class Devices:
    """One device, or several replicas in this process that share each batch; the base of all others.

    Args:
      scope: Makes the context in which variables are created and `fit` is called.
      replicas: How many replicas share a batch.
      static_shapes: Whether all batches must have one shape that the replicas can share evenly.

    Attributes:
      is_chief: Whether this process keeps the files it writes: True except on workers after the first.
      several_processes: Whether other processes train the same model.
    """

    is_chief = True
    several_processes = False

    def __init__(self, scope: Scope, replicas: int = 1, *, static_shapes: bool = False):
        self.scope, self.replicas, self.static_shapes = scope, replicas, static_shapes

    def prepare(self, model: keras.Model) -> keras.Model:
        """The model as `fit` can train it on these devices. Call it outside the scope."""
        return model

    def maximum(self, value: int) -> int:
        """The largest of the values that all processes call this with."""
        return value

    def barrier(self) -> None:
        """Waits until all processes have got here."""
        self.maximum(0)
