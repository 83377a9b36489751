"""The plan: who is mixed with whom, and where an example keeps its own values. One function applies any."""

from typing import NamedTuple

import tensorflow as tf


class Plan(NamedTuple):
    """What happens to each example of a batch. An empty box leaves an example as it is.

    A field that is None holds for the whole plan: no partner means that nothing is mixed in, no `own_share`
    that boxes are pasted rather than blended, no `erased` that no box is filled.
    """

    box: tf.Tensor
    """int32 (batch, 4): top ≤ bottom and left ≤ right in pixels, half-open, in the order top, left, bottom, right.
    Outside it an example keeps its values."""
    partner: tf.Tensor | None = None
    """int32 (batch,): whose values come into the box."""
    own_share: tf.Tensor | None = None
    """float32 (batch,): the share of its own values that an example keeps inside its box."""
    erased: tf.Tensor | None = None
    """bool (batch,): whether the box is filled with `fill`, whoever the partner is."""
    fill: tf.Tensor | None = None
    """float32 (batch, 1) or (batch, channels): the value that fills an erased box."""

    @property
    def blends(self) -> bool:
        """Whether applying the plan can make values that no example had."""
        return self.own_share is not None

    def without_erasing(self) -> "Plan":
        """The same plan with the boxes of erased examples emptied."""
        if self.erased is None:
            return self
        return self._replace(box=tf.where(self.erased[:, None], 0, self.box), erased=None, fill=None)


def own_weight(plan: Plan, height, width) -> tf.Tensor:
    """The share of its own values in each mixed example of that size: float32 (batch,), exactly rounded.

    Counted in whole pixels: (pixels outside the box + own share × pixels inside) / all pixels, with the
    double precision that makes the quotient's rounding the same in compiled and uncompiled code.
    """
    top, left, bottom, right = tf.unstack(plan.without_erasing().box, axis=1)
    inside = tf.cast((bottom - top) * (right - left), tf.float64)
    size = tf.cast(height * width, tf.float64)
    own = size - inside
    if plan.own_share is not None:
        own += tf.cast(plan.own_share, tf.float64) * inside
    return tf.cast(own / size, tf.float32)


def apply_plan(plan: Plan, images: tf.Tensor) -> tf.Tensor:
    """Mixes anything that lives on the image grid: (batch, height, width, channels) of any dtype.

    Pasting and erasing copy values bit for bit in the images' own dtype. A plan that blends computes in
    float32 and returns the images' dtype if that is a floating one, else float32.
    """
    shape = tf.shape(images)
    rows = tf.reshape(images, [shape[0], shape[1], shape[2] * shape[3]])  # long rows vectorise
    mixed = tf.where(_box_mask(plan.box, shape), _incoming(plan, rows, shape), _as_result(plan, rows))
    return tf.ensure_shape(tf.reshape(mixed, shape), images.shape)


def _incoming(plan: Plan, rows: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """The values that stand inside the boxes: like `rows`, in the result's dtype."""
    incoming = rows if plan.partner is None else tf.gather(rows, plan.partner)
    if plan.own_share is not None:
        own_share = plan.own_share[:, None, None]
        own, other = tf.cast(rows, tf.float32), tf.cast(incoming, tf.float32)
        blend = tf.cast(own_share * own + (1 - own_share) * other, _as_result(plan, rows).dtype)
        incoming = tf.where(own_share == 0, _as_result(plan, incoming), blend)  # a paste stays exact
    if plan.erased is not None:
        fill = tf.broadcast_to(plan.fill, [shape[0], shape[3]])
        fill = tf.cast(tf.tile(fill, tf.stack([1, shape[2]]))[:, None, :], incoming.dtype)
        incoming = tf.where(plan.erased[:, None, None], fill, incoming)
    return incoming


def _as_result(plan: Plan, values: tf.Tensor) -> tf.Tensor:
    return tf.cast(values, tf.float32) if plan.blends and not values.dtype.is_floating else values


def _box_mask(box: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """True inside the boxes: bool (batch, height, width × channels)."""
    top, left, bottom, right = (box[:, k, None] for k in range(4))
    inside_rows = _within(tf.range(shape[1])[None], top, bottom)
    inside_columns = _within(tf.range(shape[2] * shape[3])[None], left * shape[3], right * shape[3])
    return inside_rows[:, :, None] & inside_columns[:, None, :]


def _within(position: tf.Tensor, first: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Whether first ≤ position < end, where first ≤ end. One unsigned comparison: less than 0 wraps to very much."""
    return tf.bitcast(position - first, tf.uint32) < tf.bitcast(end - first, tf.uint32)
