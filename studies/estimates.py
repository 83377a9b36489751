"""Means over seeds with 95 % intervals, and paired differences between arms."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Estimate(NamedTuple):
    """A mean over seeds.

    Attributes:
      mean: Of the values.
      half_width: Of the 95 % interval by Student's t; NaN for a single value.
      count: How many values.
    """

    mean: float
    half_width: float
    count: int

    def __str__(self) -> str:
        return f"{self.mean:.2f}" if np.isnan(self.half_width) else f"{self.mean:.2f} ± {self.half_width:.2f}"


class Difference(NamedTuple):
    """The mean of differences between two arms, seed by seed.

    Attributes:
      estimate: Of the differences; negative if the first arm has the smaller values.
      p_value: Of a paired, two-sided t-test; NaN for a single pair.
    """

    estimate: Estimate
    p_value: float


def estimate(values: list[float]) -> Estimate:
    """The mean of values and its interval."""
    count = len(values)
    spread = stats.t.ppf(0.975, count - 1) * np.std(values, ddof=1) / np.sqrt(count) if count > 1 else np.nan
    return Estimate(float(np.mean(values)), float(spread), count)


def paired_difference(some: dict[int, float], others: dict[int, float]) -> Difference | None:
    """The difference of two arms over the seeds that both have; None if they share none.

    Args:
      some: Seed -> value.
      others: Alike.
    """
    seeds = sorted(some.keys() & others.keys())
    if not seeds:
        return None
    differences = [some[seed] - others[seed] for seed in seeds]
    p_value = float(stats.ttest_1samp(differences, 0).pvalue) if len(seeds) > 1 else float("nan")
    return Difference(estimate(differences), p_value)
