"""OneOf: a mixer made of mixers, which draws one of them for each example or batch."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_choice, check_number
from cutmix_tf._random import child_seeds, random_bits
from cutmix_tf.mixing._mixer import Mixer, check_combinable
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per
from cutmix_tf.mixing._tiles import Tiles


@dataclasses.dataclass(frozen=True)
class OneOf(Mixer):
    """Mixes each example by one of several mixers, drawn by weight; its label follows from that one.

    All mixers read the original batch, so methods never pile up on one image, and each keeps its own `prob` and `per`.
    If one of them blends, integer images become float32, as in MixUp. If all of them erase, labels stay as they are.
    Next to `Mosaic`, all pair targets are (batch, 4, 2): those of two images have two more labels of weight 0.

    Args:
      mixers: At least one mixer of images.
      weights: A positive number for each mixer, in any scale; None draws all with equal probability.
      per: "example" draws a mixer for each example, "batch" one for the whole batch.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if there is no mixer, one of them mixes features or relabels, or the weights don't match;
        when called, whatever one of the mixers raises.

    Example:
      >>> mixer = OneOf([CutMix(), MixUp(alpha=0.2)], weights=[2, 1], per="batch")
    """

    mixers: tuple[Mixer, ...]
    weights: tuple[float, ...] | None = None
    per: Per = "example"

    def __post_init__(self):
        object.__setattr__(self, "mixers", as_tuple("mixers", self.mixers))  # lists are welcome, but not hashable
        if not self.mixers:
            raise ValueError("OneOf needs at least one mixer; got none.")
        for mixer in self.mixers:
            check_combinable(mixer, "OneOf")
        check_choice("per", self.per, ("example", "batch"))
        if self.weights is not None:
            object.__setattr__(self, "weights", _checked_weights(as_tuple("weights", self.weights), len(self.mixers)))

    @property
    def uses_attention(self) -> bool:
        """Whether one of the mixers needs attention maps."""
        return any(mixer.uses_attention for mixer in self.mixers)

    @property
    def uses_saliency(self) -> bool:
        """Whether one of the mixers needs saliency."""
        return any(mixer.uses_saliency for mixer in self.mixers)

    @property
    def num_images(self) -> int:
        """The most that one of the mixers mixes."""
        return max(mixer.num_images for mixer in self.mixers)

    @property
    def keeps_labels(self) -> bool:
        """Whether all of the mixers do."""
        return all(mixer.keeps_labels for mixer in self.mixers)

    def check_images(self, images: tf.Tensor) -> None:
        """Raises ValueError if one of the mixers can't process such images."""
        for mixer in self.mixers:
            mixer.check_images(images)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws a plan from each mixer and keeps, for each example, the row of the drawn one."""
        batch = canvas.batch
        choice_seed, *seeds = child_seeds(seed, len(self.mixers) + 1)
        bits = random_bits(choice_seed, [batch if self.per == "example" else 1])
        weights = np.ones(len(self.mixers)) if self.weights is None else np.asarray(self.weights, np.float64)
        thresholds = (np.cumsum(weights / weights.max()) / (weights / weights.max()).sum() * 2.0**32)[:-1]
        choice = tf.reduce_sum(tf.cast(tf.cast(bits, tf.float64)[:, None] >= thresholds, tf.int32), axis=1)
        choice = tf.broadcast_to(choice, [batch])
        plans = [mixer.plan(canvas, own) for mixer, own in zip(self.mixers, seeds, strict=True)]
        return _choose(_on_one_grid(plans, canvas), choice, batch)


def _checked_weights(weights: tuple[Any, ...], count: int) -> tuple[float, ...]:
    if len(weights) != count:
        raise ValueError(f"OneOf needs a weight for each of {count} mixers; got {weights}.")
    for weight in weights:
        check_number("each weight", weight, low=0, above=True)
    return weights


def _on_one_grid(plans: list[Plan], canvas: Canvas) -> list[Plan]:
    """The plans with masks in place of cells, unless all cells are those of one grid."""
    grids = {tuple(plan.cells.shape[1:]) for plan in plans if plan.cells is not None}
    return plans if len(grids) < 2 else [plan.with_mask(canvas.height, canvas.width) for plan in plans]


def _choose(plans: list[Plan], choice: tf.Tensor, batch) -> Plan:
    """For each example the row of its chosen plan; a field that no plan has stays None."""
    neutral = {
        "partner": tf.range(batch),
        "cells": tf.ones([batch, 1, 1], tf.bool),
        "own_share": tf.zeros([batch]),
    }
    chosen: dict[str, Any] = {"box": _pick_rows([plan.box for plan in plans], choice, batch)}
    for field, default in neutral.items():
        values = [getattr(plan, field) for plan in plans]
        if any(value is not None for value in values):
            rows = [default if value is None else value for value in values]
            chosen[field] = _pick_rows(rows, choice, batch)
    if any(plan.source is not None for plan in plans):
        sources = [plan.box if plan.source is None else plan.source for plan in plans]
        chosen["source"] = _pick_rows(sources, choice, batch)
    if any(plan.tiles is not None for plan in plans):
        chosen["tiles"] = _choose_tiles([plan.tiles for plan in plans], choice, batch)
    masks = [plan.mask for plan in plans if plan.mask is not None]
    if masks:
        everywhere = tf.ones_like(masks[0])
        table = tf.stack([everywhere if plan.mask is None else plan.mask for plan in plans], axis=1)
        chosen["mask"] = tf.gather(table, choice, axis=1, batch_dims=1)
    erase = tuple(
        dataclasses.replace(erase, examples=erase.examples & (choice == number))
        for number, plan in enumerate(plans)
        for erase in plan.erase
    )
    return Plan(**chosen, erase=erase)


def _choose_tiles(tiles: list[Tiles | None], choice: tf.Tensor, batch) -> Tiles:
    """For each example the tiles of its chosen plan; none if that has no tiles."""
    none, everyone = tf.zeros([batch], tf.bool), tf.ones([batch], tf.bool)
    nobody = Tiles(tf.zeros([batch, 2], tf.int32), tf.zeros([batch, 3], tf.int32), none)
    rows = [nobody if each is None else each for each in tiles]
    return Tiles(
        center=_pick_rows([each.center for each in rows], choice, batch),
        partners=_pick_rows([each.partners for each in rows], choice, batch),
        examples=_pick_rows([everyone if each.examples is None else each.examples for each in rows], choice, batch),
    )


def _pick_rows(rows: list[tf.Tensor], choice: tf.Tensor, batch) -> tf.Tensor:
    """Row i of the chosen table; tables may differ in trailing axes where one of them has size 1."""
    sizes = [max(int(row.shape[axis] or 1) for row in rows) for axis in range(1, rows[0].shape.rank)]
    table = tf.stack([tf.broadcast_to(row, [batch, *sizes]) for row in rows], axis=1)
    return tf.gather(table, choice, axis=1, batch_dims=1)
