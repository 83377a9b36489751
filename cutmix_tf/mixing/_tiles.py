"""Tiles: four images that fill one canvas together, each with the part of it that adjoins their common corner."""

from typing import NamedTuple

import tensorflow as tf


class Tiles(NamedTuple):
    """Who fills the quadrants of some examples, and where the quadrants meet.

    A tiled example shows the lower right part of its own image at the top left of the canvas, the lower left part of
    another image at the top right, an upper right part at the bottom left, and an upper left part at the bottom right:
    what a window of the canvas' size shows of four whole images that are laid out two by two.
    """

    center: tf.Tensor
    """int32 (batch, 2): the row and the column where the lower and the right quadrants begin."""
    partners: tf.Tensor
    """int32 (batch, 3): who fills the top right, the bottom left and the bottom right."""
    examples: tf.Tensor | None = None
    """bool (batch,): the examples that are tiled; None for all of them."""

    def is_tiled(self, box: tf.Tensor) -> tf.Tensor:
        """Which examples of a plan with that box show their tiles: bool (batch,)."""
        mixed = tf.reduce_any(box > 0, axis=1)
        return mixed if self.examples is None else mixed & self.examples

    def areas(self, height, width) -> tf.Tensor:
        """The number of pixels of each quadrant, in the order of reading: int32 (batch, 4)."""
        row, column = tf.unstack(self.center, axis=1)
        below, right = height - row, width - column
        return tf.stack([row * column, row * right, below * column, below * right], axis=1)

    def places(self, height, width) -> tuple[tf.Tensor, tf.Tensor]:
        """Where the quadrants are, and which boxes of their images they show: each int32 (batch, 4, 4)."""
        row, column = tf.unstack(self.center, axis=1)
        first, bottom, right = tf.zeros_like(row), tf.zeros_like(row) + height, tf.zeros_like(row) + width
        quadrants = [
            (first, first, row, column),
            (first, column, row, right),
            (row, first, bottom, column),
            (row, column, bottom, right),
        ]
        corners = [(row - height, column - width), (row - height, column), (row, column - width), (row, column)]
        boxes = tf.stack([tf.stack(sides, axis=1) for sides in quadrants], axis=1)
        return boxes, boxes - tf.stack([tf.stack(corner * 2, axis=1) for corner in corners], axis=1)

    def values(self, rows: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
        """What the tiles show of images as rows, (batch, …, height, width × channels): like `rows`.

        The loop takes one image at a time, because XLA moves all rows of a tensor by the same number of columns, and
        because one image stays in the processor's cache. Each line is put together from two images, and then moved.

        Args:
          rows: The images.
          shape: int32 (4,), their batch, height, width and channels.
        """
        batch, height, width, channels = tf.unstack(shape)
        lines = tf.reshape(_at_least_one(rows), [-1, width * channels])
        count = tf.shape(lines)[0] // height  # of images, each frame of a video being one
        frames = count // tf.maximum(batch, 1)
        example, frame = tf.range(count) // frames, tf.range(count) % frames
        partners = tf.gather(_at_least_one(self.partners), example) * frames + frame[:, None]

        def window(tiling):
            own, (right, below, across), (row, column) = tiling[0], tf.unstack(tiling[1]), tf.unstack(tiling[2])
            line, upper = (tf.range(height) - row) % height, tf.range(height) < row
            left = tf.gather(lines, tf.where(upper, own, below) * height + line)
            right = tf.gather(lines, tf.where(upper, right, across) * height + line)
            moved = tf.range(width * channels) >= (width - column) * channels
            return tf.roll(tf.where(moved, left, right), column * channels, axis=-1)

        tilings = tf.range(count), partners, tf.gather(_at_least_one(self.center), example)
        tiled = tf.map_fn(window, tilings, fn_output_signature=tf.TensorSpec(rows.shape[-2:], rows.dtype))
        return tf.reshape(tiled[: batch * frames], tf.shape(rows))


def _at_least_one(values: tf.Tensor) -> tf.Tensor:
    """The same with a row of zeros if there is none: XLA can't compile a loop over nothing."""
    none = tf.cast(tf.shape(values)[0] == 0, tf.int32)
    padded = tf.pad(values, tf.pad([[0, none]], [[0, values.shape.rank - 1], [0, 0]]))
    return tf.ensure_shape(padded, [None, *values.shape[1:]])
