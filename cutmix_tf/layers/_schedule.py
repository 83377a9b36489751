"""A drop rate that grows while a network is trained."""

from collections.abc import Iterator

import keras

from cutmix_tf._checks import check_whole
from cutmix_tf.layers._drop_block import DropBlock


class LinearDropSchedule(keras.callbacks.Callback):
    """Lets the rate of every `DropBlock` of a model grow linearly, from 0 at the start to its `drop_rate`.

    Within an epoch, of which there are many, the rate stays at the mean of the line over that epoch: at the share
    (epoch + ½) / epochs of `drop_rate`, epochs counted from 0. After `epochs` it stays at `drop_rate`. A training
    that goes on with `fit(initial_epoch=…)` finds its place. A weight of the layer holds the share, so that compiled
    steps need not be compiled again.

    Args:
      epochs: In how many epochs the rate reaches `drop_rate`, at least 1; the papers take the whole training.

    Raises:
      ValueError, TypeError: if `epochs` is no positive whole number; when training begins, if the model has no
        `DropBlock`.

    Example:
      >>> model.fit(batches, epochs=300, callbacks=[LinearDropSchedule(epochs=300)])

    Reference:
      Ghiasi et al., "DropBlock", NeurIPS 2018, Section 3 ("Scheduled DropBlock"), step by step there.
    """

    def __init__(self, epochs: int):
        super().__init__()
        check_whole("epochs", epochs, low=1)
        self.epochs = epochs

    def on_train_begin(self, logs=None):
        """Looks whether there is anything to schedule."""
        if not any(_drop_blocks(self.model)):
            raise ValueError(
                f"LinearDropSchedule sets the rate of DropBlock layers; {self.model.name!r} has none. "
                "Leave it out, or build the model with DropBlock."
            )

    def on_epoch_begin(self, epoch, logs=None):
        """Sets the epoch's rate; not a step's, since on JAX a model's weights are out of reach between steps."""
        for layer in _drop_blocks(self.model):
            layer.rate_factor.assign(min((epoch + 0.5) / self.epochs, 1.0))


def _drop_blocks(model: keras.Model) -> Iterator[DropBlock]:
    """The DropBlock layers of a model and of the models within it."""
    for layer in model.layers:
        if isinstance(layer, DropBlock):
            yield layer
        elif isinstance(layer, keras.Model):
            yield from _drop_blocks(layer)
