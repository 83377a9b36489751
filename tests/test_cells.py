"""The rule by which a grid of cells lies over an image."""

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as some

from cutmix_tf._cells import cell_edges, cell_of_pixels, pool_cells, spread_cells


@settings(deadline=None)
@given(some.integers(1, 60), some.integers(1, 200))
def test_every_pixel_is_in_one_cell_and_cells_are_about_equal(cells, pixels):
    owner, edges = cell_of_pixels(cells, pixels).numpy(), cell_edges(cells, pixels).numpy()
    assert (edges[0], edges[-1]) == (0, pixels)
    lengths = np.bincount(owner, minlength=cells)
    np.testing.assert_array_equal(lengths, np.diff(edges))
    assert lengths.max() - lengths.min() <= 1


def test_seven_cells_on_32_pixels():
    np.testing.assert_array_equal(np.diff(cell_edges(7, 32)), [5, 5, 4, 5, 4, 5, 4])


@settings(deadline=None)
@given(some.integers(1, 9), some.integers(1, 9), some.integers(0, 20), some.integers(0, 20))
def test_pooling_undoes_spreading(rows, columns, more_rows, more_columns):
    maps = tf.cast(tf.random.stateless_uniform([2, rows, columns], (2, 7), 0, 256, tf.int32), tf.uint8)
    pixels = spread_cells(maps, rows + more_rows, columns + more_columns)
    np.testing.assert_array_equal(pool_cells(pixels, (rows, columns)), maps)


def test_pooling_is_a_cells_mean_and_0_for_a_cell_without_pixels():
    pixels = tf.constant([[[1, 2, 6], [3, 4, 8]]], tf.uint8)
    np.testing.assert_array_equal(pool_cells(pixels, (1, 2)), [[[2.5, 7]]])
    np.testing.assert_array_equal(pool_cells(pixels, (4, 1)), [[[3], [0], [5], [0]]])
