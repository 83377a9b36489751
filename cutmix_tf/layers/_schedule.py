"""A drop rate that grows during training."""

from collections.abc import Iterator

import keras

from cutmix_tf._checks import check_whole
from cutmix_tf.layers._drop_block import DropBlock


class LinearDropSchedule(keras.callbacks.Callback):
    """Increases the rate of every `DropBlock` in a model linearly, from 0 to its `drop_rate`.

    The rate is constant within an epoch, at the mean of the line over that epoch: (epoch + ½) / epochs · drop_rate,
    with epochs counted from 0. After `epochs` it stays at `drop_rate`. A training that is resumed with
    `fit(initial_epoch=…)` continues in the right place. The factor is a weight of the layer, so that compiled steps
    need not be compiled again.

    Args:
      epochs: Number of epochs until the rate reaches `drop_rate`, at least 1; the whole training in the papers.

    Raises:
      ValueError, TypeError: if `epochs` is not a positive whole number; when training begins, if the model has no
        `DropBlock`.

    Example:
      >>> model.fit(batches, epochs=300, callbacks=[LinearDropSchedule(epochs=300)])

    Reference:
      Ghiasi et al., "DropBlock", NeurIPS 2018, Section 3 ("Scheduled DropBlock"), where the rate grows at
      each step.
    """

    def __init__(self, epochs: int):
        super().__init__()
        check_whole("epochs", epochs, low=1)
        self.epochs = epochs

    def on_train_begin(self, logs=None):
        """Checks that there is something to schedule."""
        if not any(_drop_blocks(self.model)):
            raise ValueError(
                f"LinearDropSchedule sets the rate of DropBlock layers; {self.model.name!r} has none. "
                "Leave it out, or build the model with DropBlock."
            )

    def on_epoch_begin(self, epoch, logs=None):
        """Sets the rate of the epoch. It can't be set at each step: on JAX, weights are out of reach between steps."""
        for layer in _drop_blocks(self.model):
            layer.rate_factor.assign(min((epoch + 0.5) / self.epochs, 1.0))


def _drop_blocks(model: keras.Model) -> Iterator[DropBlock]:
    """The DropBlock layers of a model and of the models inside it."""
    for layer in model.layers:
        if isinstance(layer, DropBlock):
            yield layer
        elif isinstance(layer, keras.Model):
            yield from _drop_blocks(layer)
