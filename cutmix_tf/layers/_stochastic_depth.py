"""Stochastic depth: whole residual branches are left out."""

from typing import Literal

import keras
from keras import ops

from cutmix_tf._checks import check_choice, check_number, check_whole
from cutmix_tf.layers._random_layer import RandomLayer

DropRule = Literal["linear", "constant"]


@keras.saving.register_keras_serializable(package="cutmix_tf")
class StochasticDepth(RandomLayer):
    """Sets a residual branch to zero in training, by chance; in inference it multiplies it by 1 − drop_rate.

    One coin is tossed for the mini-batch, so that either all its examples skip the branch or none does. As in the
    paper, a branch that is kept is not scaled up in training; the scale in inference makes up for it. Layers that
    scale in training instead ("drop path") toss a coin for each example and give other means and gradients.

    Call it on the branch, just before it is added to the shortcut. The branch is computed all the same, and its
    BatchNormalization sees all batches.

    Args:
      drop_rate: Chance of a mini-batch to skip the branch, in [0, 1]; see `unit_drop_rate`.
      seed: An integer, to toss the same coins again; None for others each time.
      **options: As for every Keras layer.

    Call arguments:
      x: The branch's result, of any shape; ours has its shape and dtype.
      training: Whether to toss, or to scale.

    Raises:
      ValueError, TypeError: if `drop_rate` is no number in [0, 1].

    Reference:
      Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016, https://arxiv.org/abs/1603.09382, Section 3.
    """

    def __init__(self, drop_rate: float, seed: int | None = None, **options):
        super().__init__(seed, **options)
        check_number("drop_rate", drop_rate, low=0, high=1)
        self.drop_rate = drop_rate

    def call(self, x, training=False):
        """The branch, or zeros; or in inference the branch's expectation."""
        if not training:
            return x * (1 - self.drop_rate)
        keep = keras.random.uniform((), seed=self.seed_generator) >= self.drop_rate
        return x * ops.cast(keep, x.dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "drop_rate": self.drop_rate}


def unit_drop_rate(drop_rate: float, unit: int, units: int, rule: DropRule = "linear") -> float:
    """The drop rate of one residual unit of a network.

    Args:
      drop_rate: That of the last unit, in [0, 1].
      unit: The unit's number, from 1 at the images to `units`.
      units: How many there are.
      rule: "linear" gives unit l of L the rate l / L · drop_rate, "constant" gives all the same.

    Raises:
      ValueError, TypeError: if an argument is outside its range.
    """
    check_number("drop_rate", drop_rate, low=0, high=1)
    check_whole("units", units, low=1)
    check_whole("unit", unit, low=1, high=units)
    check_choice("rule", rule, ("linear", "constant"))
    return drop_rate * unit / units if rule == "linear" else drop_rate
