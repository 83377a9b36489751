"""Bounding boxes of a mixed batch: moved with their images, clipped, and dropped if too little is visible."""

from typing import NamedTuple, cast

import tensorflow as tf

from cutmix_tf.mixing._box_formats import from_corners, to_corners, unit_of
from cutmix_tf.mixing._plan import Plan

MOVERS = "CutMix, ResizeMix or Mosaic"


class BoundingBoxes(NamedTuple):
    """The boxes of each image.

    Attributes:
      boxes: float32 or float64 (batch, n, 4), in one of Keras' formats.
      labels: (batch, n), the class of what is in the box; -1 in rows without a box.
    """

    boxes: tf.Tensor
    labels: tf.Tensor


class BoxRules(NamedTuple):
    """The format of boxes, and the share of a box that must be visible for it to stay."""

    box_format: str = "xyxy"
    min_visible: float = 0.1


class _Seen(NamedTuple):
    """What is seen of boxes: the smallest box around it, float64 (batch, n, 4), and its area in the box's own image."""

    boxes: tf.Tensor
    area: tf.Tensor


def mix_boxes(plan: Plan, given: BoundingBoxes, height, width, rules: BoxRules, name: str) -> BoundingBoxes:
    """The boxes of the mixed images: those that are visible first, then rows of -1.

    An example's own boxes come before those of its partners. What is seen of a box is the part that is not covered;
    the new box is the smallest that holds it.

    Args:
      plan: What happens to the images.
      given: The boxes of the batch.
      height: Of the images, in pixels.
      width: Of the images, in pixels.
      rules: See there.
      name: Of the method, for messages.

    Returns:
      Boxes (batch, k × n, 4) and labels (batch, k × n) of the same dtypes, where k is 2, or 4 if the plan has tiles.

    Raises:
      ValueError: if the plan does more than to move boxes of pixels.
    """
    _check_moves_boxes(plan, name)
    size, unit = tf.stack([0, 0, height, width]), unit_of(rules.box_format, height, width)
    corners = _clipped(to_corners(given.boxes, rules.box_format) * unit, tf.cast(size, tf.float64))
    whole = tf.where(given.labels == -1, tf.zeros([], tf.float64), _area(corners))
    views = _views(plan, corners, height, width)
    seen = tf.concat([view.area for _, view in views], axis=1)
    needed = tf.concat([tf.gather(whole, member) for member, _ in views], axis=1)
    labels = tf.concat([tf.gather(given.labels, member) for member, _ in views], axis=1)
    hidden = (seen <= 0) | (needed <= 0) | (seen < rules.min_visible * needed)
    boxes = from_corners(
        tf.concat([view.boxes for _, view in views], axis=1) / unit, rules.box_format, given.boxes.dtype
    )
    none = tf.constant(-1, given.boxes.dtype), tf.constant(-1, given.labels.dtype)
    boxes, labels = tf.where(hidden[:, :, None], none[0], boxes), tf.where(hidden, none[1], labels)
    order = tf.argsort(tf.cast(hidden, tf.int32), axis=1, stable=True)
    return BoundingBoxes(tf.gather(boxes, order, batch_dims=1), tf.gather(labels, order, batch_dims=1))


def _check_moves_boxes(plan: Plan, name: str) -> None:
    """Raises ValueError if it is not exact what a plan leaves of a box."""
    if plan.erase or plan.blends or plan.cells is not None or plan.mask is not None:
        raise ValueError(
            f"{name} can't move bounding_boxes along: it blends or erases images, or pastes parts that are not boxes. "
            f"Use {MOVERS}, or remove the boxes."
        )


def _views(plan: Plan, corners: tf.Tensor, height, width) -> list[tuple[tf.Tensor, _Seen]]:
    """For an example itself and for each of its partners: whose boxes, int32 (batch,), and what is seen of them."""
    own, partner = tf.range(tf.shape(corners)[0]), cast(tf.Tensor, plan.partner)
    pasted = _moved(tf.gather(corners, partner), plan.box if plan.source is None else plan.source, plan.box)
    views = [(own, _outside(corners, plan.box)), (partner, pasted)]
    if plan.tiles is None:
        return views
    hidden = partner, pasted._replace(area=tf.zeros_like(pasted.area))
    boxes, sources = (tf.unstack(places, axis=1) for places in plan.tiles.places(height, width))
    members, is_tiled = tf.unstack(plan.tiles.partners, axis=1), plan.tiles.is_tiled(plan.box)
    tiles = [
        (member, _moved(tf.gather(corners, member), source, box))
        for member, source, box in zip([own, *members], sources, boxes, strict=True)
    ]
    return [_choose(is_tiled, *pair) for pair in zip(tiles, [*views, hidden, hidden], strict=True)]


def _choose(is_tiled: tf.Tensor, tile: tuple[tf.Tensor, _Seen], view: tuple[tf.Tensor, _Seen]):
    """The one for examples that are tiled, the other for all others."""
    boxes = tf.where(is_tiled[:, None, None], tile[1].boxes, view[1].boxes)
    area = tf.where(is_tiled[:, None], tile[1].area, view[1].area)
    return tf.where(is_tiled, tile[0], view[0]), _Seen(boxes, area)


def _moved(corners: tf.Tensor, source: tf.Tensor, box: tf.Tensor) -> _Seen:
    """What is seen of boxes if the source is resized into the box."""
    source, box = (tf.cast(each, tf.float64)[:, None] for each in (source, box))
    inside = _clipped(corners, source)
    (start, end), (first, last) = tf.split(source, 2, axis=-1), tf.split(box, 2, axis=-1)
    moved = _twice(first) + (inside - _twice(start)) * _twice(last - first) / tf.maximum(_twice(end - start), 1)
    area = _area(inside)
    return _Seen(moved, tf.where(_area(box) > 0, area, tf.zeros_like(area)))


def _outside(corners: tf.Tensor, hole: tf.Tensor) -> _Seen:
    """What is seen of boxes around a hole: the smallest box around what is left.

    A side moves only where the hole cuts off a whole strip along it, from edge to edge.
    """
    hole = tf.cast(hole, tf.float64)[:, None]
    (start, end), (first, last) = tf.split(hole, 2, axis=-1), tf.split(corners, 2, axis=-1)
    begins, ends = start <= first, end >= last
    across = tf.reverse(begins & ends, [-1])  # whether the hole reaches from edge to edge in the other direction
    first = tf.where(across & begins, tf.maximum(first, end), first)
    last = tf.where(across & ends, tf.minimum(last, start), last)
    is_covered, area = tf.reduce_all(begins & ends, axis=-1), _area(corners) - _area(_clipped(corners, hole))
    return _Seen(tf.concat([first, last], axis=-1), tf.where(is_covered, tf.zeros_like(area), area))


def _clipped(corners: tf.Tensor, limits: tf.Tensor) -> tf.Tensor:
    """The part of boxes inside the limits, of no area if there is none: like `corners`."""
    low, high = tf.split(limits, 2, axis=-1)
    return tf.minimum(tf.maximum(corners, _twice(low)), _twice(high))


def _twice(pair: tf.Tensor) -> tf.Tensor:
    """A pair of height and width, for the four sides of boxes: (…, 4)."""
    return tf.concat([pair, pair], axis=-1)


def _area(corners: tf.Tensor) -> tf.Tensor:
    """Height times width of boxes (…, 4)."""
    first, last = tf.split(corners, 2, axis=-1)
    return tf.reduce_prod(last - first, axis=-1)
