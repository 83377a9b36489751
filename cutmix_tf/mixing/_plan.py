"""The plan: who is mixed with whom, and where an example keeps its own values. One function applies any plan."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cutmix_tf._cells import cell_edges, cell_of_pixels, spread_cells
from cutmix_tf.mixing._resample import averaged
from cutmix_tf.mixing._tiles import Tiles

Resize = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


class Canvas(NamedTuple):
    """What a plan is drawn for: the size of a batch, and what is known about its images."""

    batch: tf.Tensor
    height: tf.Tensor
    width: tf.Tensor
    attention: tf.Tensor | None = None
    """float32 (batch, rows, columns): how important each cell of an image is, for mixers that use attention."""
    saliency: tf.Tensor | None = None
    """int32 (batch, height, width): how salient each pixel of an image is, for mixers that use saliency."""
    masks: tf.Tensor | None = None
    """Segmentation masks (batch, height, width, channels), or with frames as their images, if the batch has any."""

    @property
    def whole(self) -> tf.Tensor:
        """The box that covers the whole image: int32 (1, 4)."""
        return tf.stack([0, 0, self.height, self.width])[None]


@dataclasses.dataclass(frozen=True, eq=False)
class Erase:
    """What replaces the pixels inside the boxes of some examples, whoever their partner is.

    This one writes a constant into the whole box. A method that writes something else, or only into parts of the box,
    overrides `values` or `where`. Both describe images as rows, (batch, height, width × channels), of the given shape:
    int32 (4,), the shape of the batch of images.

    Attributes:
      examples: bool (batch,): the examples whose boxes are erased.
      fill: float32 (batch or 1, channels or 1): the value that replaces their pixels.
    """

    examples: tf.Tensor
    fill: tf.Tensor

    def values(self, shape: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """What is written: (batch or 1, height or 1, width × channels)."""
        fill = tf.broadcast_to(self.fill, [tf.shape(self.fill)[0], shape[3]])[:, :, None]
        channel = tf.range(shape[2] * shape[3]) % shape[3]
        # A sum of one value and zeros, since XLA adds up a row once; tf.tile is computed anew for each pixel.
        row = tf.reduce_sum(tf.where(channel == tf.range(shape[3])[:, None], fill, 0), axis=1)
        return tf.cast(row[:, None, :], dtype)

    def where(self, shape: tf.Tensor) -> tf.Tensor:
        """Where inside the box it is written: bool, broadcast to (batch, height, width × channels)."""
        return tf.ones([1, 1, 1], tf.bool)


class Plan(NamedTuple):
    """What happens to each example of a batch. An empty box leaves an example unchanged.

    A field that is None does not apply to any example: without `partner` nothing is mixed in, without `cells` and
    `mask` boxes are used whole, without `own_share` values are pasted rather than blended, without `source` they are
    not resized, and without `tiles` there is one partner for each example.
    """

    box: tf.Tensor
    """int32 (batch, 4): top, left, bottom and right in pixels, half-open, top ≤ bottom and left ≤ right. Outside its
    box an example keeps its values."""
    partner: tf.Tensor | None = None
    """int32 (batch,): the example whose values are mixed in inside the box."""
    cells: tf.Tensor | None = None
    """bool (batch, rows, columns): the cells of a grid over the whole image to which the box is restricted."""
    mask: tf.Tensor | None = None
    """bool (batch, height, width): the pixels to which the box is restricted, for shapes that nothing smaller holds."""
    own_share: tf.Tensor | None = None
    """float32 (batch,): the share of its own values that an example keeps inside its box."""
    source: tf.Tensor | None = None
    """int32 (batch, 4): the box of the partner that is resized into `box`. Where both are equal, and without it, values
    keep their place."""
    tiles: Tiles | None = None
    """What fills the box of some examples, which is the whole image, in place of a single partner's values."""
    erase: tuple[Erase, ...] = ()
    """What erases the boxes of some examples; no example belongs to two of them."""

    @property
    def blends(self) -> bool:
        """Whether applying the plan can produce values that no example had."""
        return self.own_share is not None

    def mixing_only(self) -> "Plan":
        """The same plan with the boxes of erased examples emptied."""
        box = self.box
        for erase in self.erase:
            box = tf.where(erase.examples[:, None], 0, box)
        return self._replace(box=box, erase=())

    def with_mask(self, height, width) -> "Plan":
        """The same plan for images of that size with a mask in place of cells."""
        if self.cells is None:
            return self
        mask = spread_cells(self.cells, height, width)
        return self._replace(cells=None, mask=mask if self.mask is None else self.mask & mask)

    def without_self_pairs(self) -> "Plan":
        """The same plan with the box emptied for an example that is its own partner, as in a batch of one."""
        if self.partner is None:
            return self
        alone = self.partner == tf.range(tf.size(self.partner))
        for erase in self.erase:
            alone &= tf.logical_not(erase.examples)
        return self._replace(box=tf.where(alone[:, None], 0, self.box))


def own_weight(plan: Plan, height, width) -> tf.Tensor:
    """The share of its own values in each mixed example of that size: float32 (batch,), correctly rounded.

    Counted in whole pixels: (pixels outside the box + own share × pixels inside) / all pixels, in double precision, so
    that compiled and uncompiled code round the quotient alike. Erased pixels count as the example's own. With tiles,
    an example's own pixels are those of its first quadrant.
    """
    inside = tf.cast(_count_inside(plan.mixing_only(), height, width), tf.float64)
    size = tf.cast(height * width, tf.float64)
    own = size - inside
    if plan.own_share is not None:
        own += tf.cast(plan.own_share, tf.float64) * inside
    if plan.tiles is not None:
        first = tf.cast(plan.tiles.areas(height, width)[:, 0], tf.float64)
        own = tf.where(plan.tiles.is_tiled(plan.box), first, own)
    return tf.cast(own / size, tf.float32)


def _count_inside(plan: Plan, height, width) -> tf.Tensor:
    """The number of pixels inside each example's box and cells: int32 (batch,)."""
    if plan.mask is not None:
        return tf.reduce_sum(tf.cast(pixels_inside(plan, height, width), tf.int32), axis=[1, 2])
    top, left, bottom, right = (plan.box[:, k, None] for k in range(4))
    if plan.cells is None:
        return tf.squeeze((bottom - top) * (right - left), axis=1)
    rows = overlaps(cell_edges(plan.cells.shape[1], height), top, bottom)
    columns = overlaps(cell_edges(plan.cells.shape[2], width), left, right)
    return tf.reduce_sum(tf.where(plan.cells, rows[:, :, None] * columns[:, None, :], 0), axis=[1, 2])


def overlaps(edges: tf.Tensor, first: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """The number of pixels of each cell along one side that lie in [first, end): int32 (batch, cells)."""
    return tf.maximum(tf.minimum(edges[1:], end) - tf.maximum(edges[:-1], first), 0)


def apply_plan(plan: Plan, images: tf.Tensor, resize: Resize = averaged) -> tf.Tensor:
    """Mixes anything that lives on the image grid: (batch, height, width, channels) of any dtype.

    Pasting and erasing copy values bit for bit in the images' own dtype. A plan that blends computes in float32 and
    returns the images' dtype if that is a floating one, else float32. Videos, (batch, frames, height, width, channels),
    are mixed in the same way in each of their frames. A plan with a source resizes partners by `resize`: `averaged`, or
    `nearest` for class ids.
    """
    batch, *frames, height, width, channels = tf.unstack(tf.shape(images))
    shape = tf.stack([batch, height, width, channels])
    rows = tf.reshape(images, [batch, *frames, height, width * channels])  # long rows vectorize
    incoming, inside = _incoming(plan, rows, shape, resize), _inside(plan, shape)
    for erase in plan.erase:
        erased = erase.examples[:, None, None]
        written = erase.values(shape, incoming.dtype)
        incoming = tf.where(_in_frames(erased, rows), _in_frames(written, rows), incoming)
        inside &= tf.logical_not(erased) | erase.where(shape)
    mixed = tf.where(_in_frames(inside, rows), incoming, _as_result(plan, rows))
    return tf.ensure_shape(tf.reshape(mixed, tf.shape(images)), images.shape)


def _in_frames(values: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Values of images' rows, (batch, height, width × channels), so that they broadcast over the frames of videos."""
    return values if rows.shape.rank == 3 else tf.expand_dims(values, axis=1)


def _incoming(plan: Plan, rows: tf.Tensor, shape: tf.Tensor, resize: Resize) -> tf.Tensor:
    """The values that are mixed in inside the boxes: like `rows`, in the result's dtype."""
    if plan.partner is None:
        return _as_result(plan, rows)
    incoming = _pasted(plan, rows, shape, resize)
    if plan.own_share is None:
        return incoming
    share = _in_frames(plan.own_share[:, None, None], rows)
    own, other = tf.cast(rows, tf.float32), tf.cast(incoming, tf.float32)
    blend = tf.cast(share * own + (1 - share) * other, _as_result(plan, rows).dtype)
    # a share of all or nothing is exact, even where the image without a share holds NaN or infinity
    blend = tf.where(share == 0, _as_result(plan, incoming), blend)
    return tf.where(share == 1, _as_result(plan, rows), blend)


def _pasted(plan: Plan, rows: tf.Tensor, shape: tf.Tensor, resize: Resize) -> tf.Tensor:
    """What each example's partners have to give: like `rows`."""
    if plan.tiles is None:
        return partners_values(plan, rows, shape, resize)
    tiled = plan.tiles.values(rows, shape)
    if plan.tiles.examples is None:
        return tiled
    is_tiled = _in_frames(plan.tiles.examples[:, None, None], rows)
    return tf.where(is_tiled, tiled, partners_values(plan, rows, shape, resize))


def partners_values(plan: Plan, rows: tf.Tensor, shape: tf.Tensor, resize: Resize) -> tf.Tensor:
    """What each example's partner has to give, moved and resized if there is a source: like `rows`."""
    incoming = tf.gather(rows, plan.partner)
    if plan.source is None:
        return incoming
    images = tf.reshape(incoming, tf.concat([shape[:1], [-1], shape[1:]], axis=0))
    images = tf.ensure_shape(images, [None, None, rows.shape[-2], None, None])
    resized = tf.reshape(resize(images, plan.source, plan.box), tf.shape(rows))
    moved = tf.reduce_any(plan.source != plan.box, axis=1)
    return tf.where(_in_frames(moved[:, None, None], rows), resized, incoming)


def _as_result(plan: Plan, values: tf.Tensor) -> tf.Tensor:
    return tf.cast(values, tf.float32) if plan.blends and not values.dtype.is_floating else values


def pixels_inside(plan: Plan, height, width) -> tf.Tensor:
    """True on the pixels of each example that are mixed: bool (batch, height, width)."""
    return _inside(plan, tf.stack([tf.shape(plan.box)[0], height, width, 1]))


def _inside(plan: Plan, shape: tf.Tensor) -> tf.Tensor:
    """True inside the boxes and cells: bool (batch, height, width × channels)."""
    top, left, bottom, right = (plan.box[:, k, None] for k in range(4))
    inside_rows = _within(tf.range(shape[1])[None], top, bottom)
    inside_columns = _within(tf.range(shape[2] * shape[3])[None], left * shape[3], right * shape[3])
    inside = inside_rows[:, :, None] & inside_columns[:, None, :]
    if plan.mask is not None:
        wide = tf.broadcast_to(tf.expand_dims(plan.mask, axis=3), tf.concat([tf.shape(plan.mask), shape[3:]], axis=0))
        inside &= tf.reshape(wide, tf.concat([tf.shape(plan.mask)[:2], [-1]], axis=0))
    return inside if plan.cells is None else inside & _cell_mask(plan.cells, shape)


def _cell_mask(cells: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """Each cell's value on all of its pixels: bool (batch, height, width × channels).

    Eight cells of a row are packed into one byte, and each pixel tests its bit: unlike a gather, that vectorizes.
    """
    rows, columns = int(cells.shape[1] or 0), int(cells.shape[2] or 0)  # static: plans are drawn on known grids
    column_cells = tf.gather(cell_of_pixels(columns, shape[2]), tf.range(shape[2] * shape[3]) // shape[3])
    mask = tf.zeros([], tf.bool)
    for first in range(0, columns, 8):
        bits = np.zeros(columns, np.uint8)
        bits[first : first + 8] = 2 ** np.arange(min(columns - first, 8))
        packed = tf.reduce_sum(tf.where(cells, bits, 0), axis=2)
        packed = tf.gather(packed, cell_of_pixels(rows, shape[1]), axis=1)[:, :, None]
        mask |= tf.bitwise.bitwise_and(packed, tf.gather(bits, column_cells)) != 0
    return mask


def _within(position: tf.Tensor, first: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Whether first ≤ position < end, where first ≤ end. One unsigned comparison: negative numbers become huge."""
    return tf.bitcast(position - first, tf.uint32) < tf.bitcast(end - first, tf.uint32)
