"""The plan: who is mixed with whom, and where an example keeps its own values. One function applies any."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cutmix_tf._cells import cell_edges, cell_of_pixels
from cutmix_tf._random import hashed_bits


class Canvas(NamedTuple):
    """What a plan is drawn for: the size of a batch, and what is known of its pictures."""

    batch: tf.Tensor
    height: tf.Tensor
    width: tf.Tensor
    attention: tf.Tensor | None = None
    """float32 (batch, rows, columns): how much each cell of a picture matters; for mixers that use it."""

    @property
    def whole(self) -> tf.Tensor:
        """The box of the whole picture: int32 (1, 4)."""
        return tf.stack([0, 0, self.height, self.width])[None]


class Plan(NamedTuple):
    """What happens to each example of a batch. An empty box leaves an example as it is.

    A field that is None holds for the whole plan: no partner means that nothing is mixed in, no `cells` that
    whole boxes are, no `own_share` that they are pasted rather than blended, no `erased` that none is filled.
    """

    box: tf.Tensor
    """int32 (batch, 4): top ≤ bottom and left ≤ right in pixels, half-open, in the order top, left, bottom, right.
    Outside it an example keeps its values."""
    partner: tf.Tensor | None = None
    """int32 (batch,): whose values come into the box."""
    cells: tf.Tensor | None = None
    """bool (batch, rows, columns): the cells of a grid over the whole picture inside which the box holds."""
    own_share: tf.Tensor | None = None
    """float32 (batch,): the share of its own values that an example keeps inside its box."""
    erased: tf.Tensor | None = None
    """bool (batch,): whether the box is filled with `fill`, whoever the partner is."""
    fill: tf.Tensor | None = None
    """float32 (batch, 1) or (batch, channels): the value that fills an erased box."""
    noise: tf.Tensor | None = None
    """uint32 (batch,): 0, or the seed of noise that fills an erased box instead: whole numbers from 0 to 255."""
    scatter: tf.Tensor | None = None
    """uint32 (batch, 2): a side in pixels and a seed. The picture is cut into squares of that side from its top left
    corner, and the box holds only inside a random half of them; in all of it where the seed is 0."""

    @property
    def blends(self) -> bool:
        """Whether applying the plan can make values that no example had."""
        return self.own_share is not None

    def without_erasing(self) -> "Plan":
        """The same plan with the boxes of erased examples emptied."""
        if self.erased is None:
            return self
        return self._replace(box=tf.where(self.erased[:, None], 0, self.box), erased=None, fill=None, noise=None)


def own_weight(plan: Plan, height, width) -> tf.Tensor:
    """The share of its own values in each mixed example of that size: float32 (batch,), exactly rounded.

    Counted in whole pixels: (pixels outside the box + own share × pixels inside) / all pixels, with the
    double precision that makes the quotient's rounding the same in compiled and uncompiled code.
    """
    inside = tf.cast(_pixels_inside(plan.without_erasing(), height, width), tf.float64)
    size = tf.cast(height * width, tf.float64)
    own = size - inside
    if plan.own_share is not None:
        own += tf.cast(plan.own_share, tf.float64) * inside
    return tf.cast(own / size, tf.float32)


def _pixels_inside(plan: Plan, height, width) -> tf.Tensor:
    """How many pixels lie in each example's box and cells (scattered boxes are erased ones): int32 (batch,)."""
    top, left, bottom, right = (plan.box[:, k, None] for k in range(4))
    if plan.cells is None:
        return tf.squeeze((bottom - top) * (right - left), axis=1)
    rows = _overlaps(cell_edges(plan.cells.shape[1], height), top, bottom)
    columns = _overlaps(cell_edges(plan.cells.shape[2], width), left, right)
    return tf.reduce_sum(tf.where(plan.cells, rows[:, :, None] * columns[:, None, :], 0), axis=[1, 2])


def _overlaps(edges: tf.Tensor, first: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """How many pixels of each cell of a side lie in [first, end): int32 (batch, cells)."""
    return tf.maximum(tf.minimum(edges[1:], end) - tf.maximum(edges[:-1], first), 0)


def apply_plan(plan: Plan, images: tf.Tensor) -> tf.Tensor:
    """Mixes anything that lives on the image grid: (batch, height, width, channels) of any dtype.

    Pasting and erasing copy values bit for bit in the images' own dtype. A plan that blends computes in
    float32 and returns the images' dtype if that is a floating one, else float32.
    """
    shape = tf.shape(images)
    rows = tf.reshape(images, [shape[0], shape[1], shape[2] * shape[3]])  # long rows vectorize
    mixed = tf.where(_inside(plan, shape), _incoming(plan, rows, shape), _as_result(plan, rows))
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
        incoming = tf.where(plan.erased[:, None, None], _filling(plan, incoming.dtype, shape), incoming)
    return incoming


def _filling(plan: Plan, dtype: tf.DType, shape: tf.Tensor) -> tf.Tensor:
    """What erased boxes are filled with: (batch, 1 or height, width × channels)."""
    fill = tf.broadcast_to(plan.fill, [shape[0], shape[3]])
    fill = tf.cast(tf.tile(fill, tf.stack([1, shape[2]]))[:, None, :], dtype)
    if plan.noise is None:
        return fill
    seeds, row = plan.noise[:, None, None], shape[2] * shape[3]
    places = tf.range(shape[1])[:, None] * row + tf.range(row)
    bits = hashed_bits(seeds, tf.cast(places, tf.uint32))
    noise = tf.cast(tf.bitwise.right_shift(bits, tf.constant(24, tf.uint32)), dtype)
    return tf.where(seeds == 0, fill, noise)


def _as_result(plan: Plan, values: tf.Tensor) -> tf.Tensor:
    return tf.cast(values, tf.float32) if plan.blends and not values.dtype.is_floating else values


def _inside(plan: Plan, shape: tf.Tensor) -> tf.Tensor:
    """True inside the boxes and cells: bool (batch, height, width × channels)."""
    top, left, bottom, right = (plan.box[:, k, None] for k in range(4))
    inside_rows = _within(tf.range(shape[1])[None], top, bottom)
    inside_columns = _within(tf.range(shape[2] * shape[3])[None], left * shape[3], right * shape[3])
    inside = inside_rows[:, :, None] & inside_columns[:, None, :]
    if plan.cells is not None:
        inside &= _cell_mask(plan.cells, shape)
    if plan.scatter is not None:
        inside &= _scatter_mask(plan.scatter, shape)
    return inside


def _cell_mask(cells: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """Each cell's value on all its pixels: bool (batch, height, width × channels).

    Eight cells of a row become one byte, of which each pixel tests a bit: that vectorizes, a gather does not.
    """
    rows, columns = int(cells.shape[1] or 0), int(cells.shape[2] or 0)  # known: plans are drawn on known grids
    column_cells = tf.gather(cell_of_pixels(columns, shape[2]), tf.range(shape[2] * shape[3]) // shape[3])
    mask = tf.zeros([], tf.bool)
    for first in range(0, columns, 8):
        bits = np.zeros(columns, np.uint8)
        bits[first : first + 8] = 2 ** np.arange(min(columns - first, 8))
        packed = tf.reduce_sum(tf.where(cells, bits, 0), axis=2)
        packed = tf.gather(packed, cell_of_pixels(rows, shape[1]), axis=1)[:, :, None]
        mask |= tf.bitwise.bitwise_and(packed, tf.gather(bits, column_cells)) != 0
    return mask


def _scatter_mask(scatter: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """True in the squares that were drawn: bool (batch, height, width × channels)."""
    side, seed = tf.bitcast(scatter[:, :1], tf.int32), tf.reshape(scatter[:, 1], [-1, 1, 1])
    rows = tf.range(shape[1]) // side
    columns = tf.range(shape[2] * shape[3]) // shape[3] // side
    squares = rows[:, :, None] * 2**15 + columns[:, None, :]
    bits = hashed_bits(seed, tf.cast(squares, tf.uint32))
    return (seed == 0) | (bits < tf.constant(2**31, tf.uint32))


def _within(position: tf.Tensor, first: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Whether first ≤ position < end, where first ≤ end. One unsigned comparison: less than 0 wraps to very much."""
    return tf.bitcast(position - first, tf.uint32) < tf.bitcast(end - first, tf.uint32)
