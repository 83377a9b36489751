"""Stochastic depth: whole residual branches are skipped."""

from typing import Literal

import keras
from keras import ops

from cutmix_tf._checks import check_choice, check_number, check_whole
from cutmix_tf.layers._random_layer import RandomLayer

DropRule = Literal["linear", "constant"]


@keras.saving.register_keras_serializable(package="cutmix_tf")
class StochasticDepth(RandomLayer):
    """Randomly sets a residual branch to zero in training; multiplies it by 1 − drop_rate in inference.

    One coin is tossed per mini-batch, so that either all its examples skip the branch or none does. As in the paper, a
    branch that is kept is not scaled up in training; the scale in inference makes up for it. Layers known as "drop
    path" scale in training and toss a coin per example instead, which gives other means and gradients. Labels are not
    affected.

    Call it on the branch, just before it is added to the shortcut. The branch is computed even if it is skipped, so its
    BatchNormalization sees all batches.

    Args:
      drop_rate: Probability that a mini-batch skips the branch, in [0, 1]; see `unit_drop_rate`.
      seed: An integer for reproducible coins; None for different ones each time.
      **options: As for every Keras layer.

    Call arguments:
      x: The branch, of any shape; the result has the same shape and dtype.
      training: Whether to toss a coin, or to scale.

    Raises:
      ValueError, TypeError: if `drop_rate` is not a number in [0, 1].

    Reference:
      Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016, https://arxiv.org/abs/1603.09382, Section 3.
    """

    def __init__(self, drop_rate: float, seed: int | None = None, **options):
        super().__init__(seed, **options)
        check_number("drop_rate", drop_rate, low=0, high=1)
        self.drop_rate = drop_rate

    def call(self, x, training=False):
        """The branch or zeros; in inference, the branch's expectation."""
        if not training:
            return x * (1 - self.drop_rate)
        keep = keras.random.uniform((), seed=self.seed_generator) >= self.drop_rate
        return x * ops.cast(keep, x.dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "drop_rate": self.drop_rate}


def unit_drop_rate(drop_rate: float, unit: int, units: int, rule: DropRule = "linear") -> float:
    """The drop rate of one residual unit of a model.

    Args:
      drop_rate: The rate of the last unit, in [0, 1].
      unit: The unit's number, from 1 (nearest to the images) to `units`.
      units: Number of units in the model.
      rule: "linear" gives unit l of L the rate l / L · drop_rate; "constant" gives all units the same.

    Raises:
      ValueError, TypeError: if an argument is out of range.
    """
    check_number("drop_rate", drop_rate, low=0, high=1)
    check_whole("units", units, low=1)
    check_whole("unit", unit, low=1, high=units)
    check_choice("rule", rule, ("linear", "constant"))
    return drop_rate * unit / units if rule == "linear" else drop_rate
