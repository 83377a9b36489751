"""How mixed images come about: what a mixer took from where, for figures."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Traced:
    """A mixer that also returns what it made its images of, in place of a plan.

    It asks the mixer for the same mix of two other things: of images that are numbered, pixel by pixel, and of numbers
    as labels. So it shows any mixer, whatever its plan looks like.
    """

    mixer: Any

    def __call__(self, images, labels, *, seed, **details) -> tuple[dict[str, Any], Any]:
        mixed, targets = self.mixer(images, labels, seed=seed, **details)
        numbers = tf.range(tf.shape(images)[0])
        numbered = tf.broadcast_to(numbers[:, None, None, None], tf.shape(images))
        numbered, shares = self.mixer(numbered, tf.one_hot(numbers, tf.size(numbers)), seed=seed, **details)
        others = tf.linalg.set_diag(shares, tf.zeros_like(numbers, shares.dtype))
        partner = tf.where(tf.reduce_any(others > 0, axis=1), tf.argmax(others, axis=1, output_type=tf.int32), numbers)
        own, other = (tf.cast(each, tf.float32)[:, None, None] for each in (numbers, partner))
        changed = tf.reduce_any(tf.cast(mixed, tf.float32) != tf.cast(images, tf.float32), axis=3)
        from_partner = tf.clip_by_value((tf.cast(numbered[..., 0], tf.float32) - own) / (other - own), 0, 1)
        mask = tf.where(own == other, tf.cast(changed, tf.float32), from_partner)  # alone, it may have been erased
        several = tf.math.count_nonzero(others > 0, axis=1)[:, None, None] > 1
        mask = tf.where(several, tf.cast(tf.cast(numbered[..., 0], tf.float32) != own, tf.float32), mask)
        plan = {"partner": partner, "mask": mask, "mixed": tf.cast(mixed, tf.float32)}
        if "attention" in details:
            maps = tf.gather(details["attention"], partner)
            plan["attention"] = tf.math.divide_no_nan(maps, tf.reduce_max(maps, axis=[1, 2], keepdims=True))
        return {"images": images, "plan": plan}, targets


def mask_of_features(plan: Mapping[str, np.ndarray], grid: tuple[int, int]) -> np.ndarray:
    """The partner's weight in each cell of the feature map that a plan mixes, float32 (batch, rows, columns)."""
    top, left, bottom, right = (plan["box"][:, k, None, None] for k in range(4))
    row, column = np.arange(grid[0])[:, None], np.arange(grid[1])
    inside = (row >= top) & (row < bottom) & (column >= left) & (column < right)
    share = 1 - plan["own_share"][:, None, None] if "own_share" in plan else 1.0
    return inside * np.float32(share)
