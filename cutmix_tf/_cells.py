"""Cells: the one rule for laying a coarse grid over an image, whether or not the grid divides it evenly.

Pixel p of n belongs to cell p · cells // n. So every pixel belongs to exactly one cell, and cells differ in size by at
most one pixel: 7 cells on 32 pixels are 5, 5, 4, 5, 4, 5 and 4 pixels long.
"""

import tensorflow as tf


def cell_of_pixels(cells, pixels) -> tf.Tensor:
    """The cell of each pixel along one side: int32 (pixels,)."""
    return tf.range(pixels) * cells // pixels


def cell_edges(cells, pixels) -> tf.Tensor:
    """The first pixel of each cell along one side, and the end of the last cell: int32 (cells + 1,), ascending."""
    return (tf.range(cells + 1) * pixels + cells - 1) // cells


def spread_cells(maps, height, width) -> tf.Tensor:
    """Each cell's value on all of its pixels: (batch, height, width), from (batch, rows, columns) of any dtype."""
    rows, columns = tf.unstack(tf.shape(maps)[1:3])
    wide = tf.gather(maps, cell_of_pixels(columns, width), axis=2)
    return tf.gather(wide, cell_of_pixels(rows, height), axis=1)


def pool_cells(pixels, grid: tuple[int, int]) -> tf.Tensor:
    """The mean of each cell's pixels: float32 (batch, *grid), from (batch, height, width); 0 for a cell without pixels.

    Sums of uint8 are exact for cells of up to 65,000 pixels, so the means have the same bits on every machine.
    """
    height, width = tf.unstack(tf.shape(pixels)[1:3])
    rows, columns = (
        tf.one_hot(cell_of_pixels(cells, size), cells) for cells, size in zip(grid, (height, width), strict=True)
    )
    sums = tf.einsum("bhw,hr,wc->brc", tf.cast(pixels, tf.float32), rows, columns)
    return tf.math.divide_no_nan(sums, tf.reduce_sum(rows, axis=0)[:, None] * tf.reduce_sum(columns, axis=0))
