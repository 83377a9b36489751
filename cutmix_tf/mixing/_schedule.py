"""How strongly to mix at each step of training."""

import dataclasses
import itertools

import tensorflow as tf

from cutmix_tf._checks import check_number, check_whole


@dataclasses.dataclass(frozen=True)
class MixSchedule:
    """The strength of mixing as a function of the step: straight lines between points.

    A mixer called with `strength` mixes with that share of its own `prob`. Schedules are called with a step.

    Args:
      points: (share of training, strength), both in [0, 1], in the order of their shares. Before the first point and
        after the last one the strength is constant. Two points with the same share are a jump: ((0, 1), (0.9, 1),
        (0.9, 0)) finishes without mixing; ((0, 0), (1, 1)) is the "scheduled CutMix" of Yun et al. 2019, Table 8.
      total_steps: Number of steps in the whole training.

    Raises:
      ValueError, TypeError: if a number is outside its range, or shares decrease.
    """

    points: tuple[tuple[float, float], ...]
    total_steps: int

    def __post_init__(self):
        check_points(self.points)
        check_whole("total_steps", self.total_steps, low=1)

    def __call__(self, step) -> tf.Tensor:
        """The strength at a step, counted from 0: a float64 scalar."""
        share = tf.cast(step, tf.float64) / self.total_steps
        strength = tf.constant(self.points[0][1], tf.float64)
        for (start, low), (end, high) in itertools.pairwise(self.points):
            part = tf.clip_by_value((share - start) / (end - start), 0, 1) if end > start else 1.0
            strength = tf.where(share >= start, low + (high - low) * tf.cast(part, tf.float64), strength)
        return strength


def check_points(points) -> None:
    """Raises ValueError or TypeError unless these are the points of a schedule."""
    if not points:
        raise ValueError("A mixing schedule needs points (share of training, strength); got none.")
    for point in points:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise ValueError(f"Each point of a mixing schedule must be (share of training, strength); got {point}.")
        for name, value in zip(("each share", "each strength"), point, strict=True):
            check_number(name, value, low=0, high=1)
    shares = [share for share, _ in points]
    if shares != sorted(shares):
        raise ValueError(f"The shares of a mixing schedule must not decrease; got {shares}.")
