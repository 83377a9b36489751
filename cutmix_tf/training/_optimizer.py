"""The optimizers, with the weight decay of the papers' code, and their learning rates."""

import math
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from cutmix_tf.training._config import TrainConfig


class _Clipping:
    """Scales gradients down to a largest norm, over all parameters together and over the whole batch.

    Keras' `global_clipnorm` looks at each replica's share of the gradient by itself, so that results would depend on
    the number of replicas.

    Args:
      clip_norm: The largest norm; None for no limit.
      **kwargs: Of the optimizer.
    """

    def __init__(self, *, clip_norm: float | None = None, **kwargs):
        super().__init__(**kwargs)
        self.clip_norm = clip_norm

    def apply(self, grads, trainable_variables=None):
        """One step for all variables."""
        parent: Any = super()
        parent.apply(grads if self.clip_norm is None else clip(grads, self.clip_norm), trainable_variables)

    def get_config(self):
        """The constructor's arguments."""
        parent: Any = super()
        return {**parent.get_config(), "clip_norm": self.clip_norm}


def clip(gradients, limit: float):
    """Gradients, or a replica's share of them, scaled so that the norm of the whole gradient is at most `limit`."""
    known = [gradient for gradient in gradients if gradient is not None]
    replica = tf.distribute.get_replica_context() if keras.backend.backend() == "tensorflow" else None
    if replica is not None and replica.num_replicas_in_sync > 1:
        known = replica.all_reduce(tf.distribute.ReduceOp.SUM, known)
    norm = ops.sqrt(sum(ops.sum(ops.square(ops.cast(gradient, "float32"))) for gradient in known))
    factor = limit / ops.maximum(norm, limit)
    return [None if gradient is None else gradient * ops.cast(factor, gradient.dtype) for gradient in gradients]


@keras.saving.register_keras_serializable(package="cutmix_tf")
class CoupledSGD(_Clipping, keras.optimizers.SGD):
    """SGD whose weight decay is part of the gradient: g + l2 · w, before the momentum.

    This is the L2 penalty that the papers' code trains with. Keras' own `weight_decay` shrinks weights separately
    from the momentum instead; with momentum 0.9 that is a tenth of the strength. All parameters decay, including
    biases and those of batch normalization, as in the official code. When the learning rate drops, Keras' velocity
    carries steps at the old rate for a moment, while that of the official code is rescaled at once.

    Args:
      l2: λ of the penalty λ/2 · |w|², at least 0.
      **kwargs: As for keras.optimizers.SGD; or `clip_norm`, the largest norm of the gradient without the penalty.
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
class ClippedAdamW(_Clipping, keras.optimizers.AdamW):
    """Keras' AdamW, with gradients clipped over all replicas together.

    Args:
      **kwargs: As for keras.optimizers.AdamW; or `clip_norm`, the largest norm of the gradient.
    """


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


def build_optimizer(config: TrainConfig, steps_per_epoch: int, variables: list) -> CoupledSGD | ClippedAdamW:
    """The optimizer that a config asks for.

    Args:
      config: The run's settings.
      steps_per_epoch: Training steps in an epoch.
      variables: What is trained.
    """
    rate = LearningRate(
        config.learning_rate,
        config.schedule,
        total_steps=config.epochs * steps_per_epoch,
        warmup_steps=round(config.warmup_epochs * steps_per_epoch),
        drops=[epoch * steps_per_epoch for epoch in drop_epochs(config)],
    )
    shared: dict[str, Any] = {"learning_rate": rate, "clip_norm": config.clip_norm}
    if config.optimizer == "sgd":
        momentum = config.momentum
        return CoupledSGD(l2=config.weight_decay, momentum=momentum, nesterov=momentum > 0, **shared)
    optimizer = ClippedAdamW(weight_decay=config.weight_decay, **shared)
    optimizer.exclude_from_weight_decay([variable for variable in variables if len(variable.shape) < 2])
    return optimizer


def drop_epochs(config: TrainConfig) -> list[int]:
    """The epochs, counted from 0, that begin with a lower rate.

    As in the official code, whose epoch is the first that is at least the milestone's share of all: a milestone inside
    an epoch takes effect at the end of it.
    """
    return [math.ceil(round(share * config.epochs, 6)) for share in config.milestones]
