"""How much of its object each image shows in a mix.

It is counted in whole units, so that compiled and uncompiled code agree to the bit.
"""

from typing import NamedTuple

import tensorflow as tf

from cutmix_tf._cells import cell_edges, spread_cells
from cutmix_tf.mixing._guard import guarded
from cutmix_tf.mixing._plan import Canvas, Plan, overlaps, partners_values, pixels_inside
from cutmix_tf.mixing._resample import nearest

_UNITS = 255 * 2**12
"""What one pixel counts where a map has its largest value. Bytes whose largest is 255, as in the cache, and masks are
counted without rounding, other maps to a millionth of their largest value."""


class Masses(NamedTuple):
    """The mass of each example's object: float64 (batch,) whole numbers, exact for images of up to 2**33 pixels."""

    total: tf.Tensor
    inside: tf.Tensor
    """In the part of its own image that its plan replaces."""
    pasted: tf.Tensor
    """Of the partner's object, in what is pasted there; if it is resized, by nearest pixels."""


def masses_on_maps(plan: Plan, canvas: Canvas) -> Masses:
    """The masses of objects that attention maps describe: each pixel counts as its cell does.

    Raises:
      ValueError: if there are none.
      tf.errors.InvalidArgumentError: at run time, if a map has negative values.
    """
    if canvas.attention is None:
        raise ValueError("Objects are found on attention maps; got a canvas without. Pass attention.")
    maps = tf.cast(canvas.attention, tf.float64)
    maps = guarded(maps, tf.reduce_all(maps >= 0), "Maps of objects must not be negative.", maps)
    largest = tf.reduce_max(maps, axis=[1, 2], keepdims=True)
    units = tf.cast(tf.round(tf.math.divide_no_nan(maps, largest) * _UNITS), tf.int64)
    other_cells = plan.cells is not None and plan.cells.shape[1:] != maps.shape[1:]
    if plan.source is not None or plan.mask is not None or other_cells:
        return _on_pixels(plan, spread_cells(units, canvas.height, canvas.width), canvas)
    grid = cell_edges(maps.shape[1], canvas.height), cell_edges(maps.shape[2], canvas.width)
    top, left, bottom, right = (plan.box[:, k, None] for k in range(4))
    rows, columns = overlaps(grid[0], top, bottom), overlaps(grid[1], left, right)
    inside = rows[:, :, None] * columns[:, None, :]
    if plan.cells is not None:
        inside = tf.where(plan.cells, inside, 0)
    whole = (grid[0][1:] - grid[0][:-1])[:, None] * (grid[1][1:] - grid[1][:-1])
    return _summed(units, tf.cast(whole, tf.int64), tf.cast(inside, tf.int64), tf.gather(units, plan.partner))


def masses_on_masks(plan: Plan, canvas: Canvas) -> Masses:
    """The masses of objects that segmentation masks describe: pixels that are not 0 in any channel, over all frames.

    Raises:
      ValueError: if there are none.
    """
    if canvas.masks is None:
        raise ValueError(
            "Objects are found on segmentation masks; got none. Pass a dict with images, labels and "
            'segmentation_masks, or attention maps with objects="attention".'
        )
    objects = tf.cast(tf.reduce_any(tf.cast(canvas.masks, tf.bool), axis=-1), tf.int32)
    if objects.shape.rank == 4:
        objects = tf.reduce_sum(objects, axis=1)
    return _on_pixels(plan, objects, canvas)


def masses_on_saliency(plan: Plan, canvas: Canvas) -> Masses:
    """The masses of what is salient, pixel by pixel.

    Raises:
      ValueError: if the canvas has no saliency.
    """
    if canvas.saliency is None:
        raise ValueError("Objects are found by saliency; got a canvas without.")
    largest = tf.reduce_max(tf.cast(canvas.saliency, tf.float64), axis=[1, 2], keepdims=True)
    units = tf.math.divide_no_nan(tf.cast(canvas.saliency, tf.float64), largest) * _UNITS
    return _on_pixels(plan, tf.cast(tf.round(units), tf.int64), canvas)


def _on_pixels(plan: Plan, units: tf.Tensor, canvas: Canvas) -> Masses:
    """The masses of objects given as whole units on each pixel, (batch, height, width)."""
    inside = tf.cast(pixels_inside(plan, canvas.height, canvas.width), units.dtype)
    shape = tf.concat([tf.shape(units), [1]], axis=0)
    pasted = partners_values(plan, units, shape, nearest)
    return _summed(units, tf.ones([], units.dtype), inside, pasted)


def _summed(units: tf.Tensor, whole: tf.Tensor, inside: tf.Tensor, pasted: tf.Tensor) -> Masses:
    sums = [tf.reduce_sum(part, axis=[1, 2]) for part in (units * whole, units * inside, pasted * inside)]
    return Masses(*(tf.cast(total, tf.float64) for total in sums))
