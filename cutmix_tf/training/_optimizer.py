"""Stochastic gradient descent with the weight decay of the official code, and its learning rates."""

import math

import keras
from keras import ops

from cutmix_tf.training._config import TrainConfig


@keras.saving.register_keras_serializable(package="cutmix_tf")
class CoupledSGD(keras.optimizers.SGD):
    """SGD whose weight decay is part of the gradient: g + l2 · w, before the momentum.

    This is the L2 penalty that the papers' code trains with. Keras' own `weight_decay` shrinks weights separately
    from the momentum instead; with momentum 0.9 that is a tenth of the strength. All parameters decay, including
    biases and those of batch normalization, as in the official code. When the learning rate drops, Keras' velocity
    carries steps at the old rate for a moment, while that of the official code is rescaled at once.

    Args:
      l2: λ of the penalty λ/2 · |w|², at least 0.
      **kwargs: As for keras.optimizers.SGD.
    """

    def __init__(self, *, l2: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.l2 = l2

    def update_step(self, gradient, variable, learning_rate):
        """One step for one variable."""
        decay = ops.multiply(ops.cast(variable, gradient.dtype), self.l2)
        super().update_step(ops.add(gradient, decay), variable, learning_rate)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "l2": self.l2}


@keras.saving.register_keras_serializable(package="cutmix_tf")
class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate for each step: a linear warm-up, then half a cosine, steps down by 10, or constant.

    Args:
      peak: The rate after the warm-up.
      schedule: "step", "cosine" or "constant".
      total_steps: Steps of the whole training.
      warmup_steps: Steps in which the rate rises linearly to the peak.
      drops: For "step": the steps from which on the rate is a tenth of what it was before.
    """

    def __init__(self, peak, schedule, total_steps, warmup_steps=0, drops=()):
        self.peak, self.schedule = peak, schedule
        self.total_steps, self.warmup_steps = total_steps, warmup_steps
        self.drops = tuple(drops)

    def __call__(self, step):
        """The rate at a step, counted from 0."""
        step = ops.cast(step, "float32")
        rate = self.peak * self._factor(step)
        if self.warmup_steps:
            rate = ops.where(step < self.warmup_steps, self.peak * (step + 1) / self.warmup_steps, rate)
        return rate

    def _factor(self, step):
        if self.schedule == "step":
            drops = [ops.cast(step >= drop, "float32") for drop in self.drops]
            return ops.power(0.1, sum(drops, start=ops.zeros(())))
        if self.schedule == "cosine":
            progress = (step - self.warmup_steps) / max(self.total_steps - self.warmup_steps, 1)
            return 0.5 * (1 + ops.cos(math.pi * progress))
        return ops.ones(())

    def get_config(self):
        """The constructor's arguments."""
        names = ("peak", "schedule", "total_steps", "warmup_steps", "drops")
        return {name: getattr(self, name) for name in names}


def build_optimizer(config: TrainConfig, steps_per_epoch: int) -> CoupledSGD:
    """The optimizer that a config asks for."""
    rate = LearningRate(
        config.learning_rate,
        config.schedule,
        total_steps=config.epochs * steps_per_epoch,
        warmup_steps=round(config.warmup_epochs * steps_per_epoch),
        drops=[epoch * steps_per_epoch for epoch in drop_epochs(config)],
    )
    return CoupledSGD(
        l2=config.weight_decay, learning_rate=rate, momentum=config.momentum, nesterov=config.momentum > 0
    )


def drop_epochs(config: TrainConfig) -> list[int]:
    """The epochs, counted from 0, that begin with a lower rate.

    As in the official code, whose epoch is the first that is at least the milestone's share of all: a milestone inside
    an epoch takes effect at the end of it.
    """
    return [math.ceil(round(share * config.epochs, 6)) for share in config.milestones]
