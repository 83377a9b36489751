"""Arrays through a function, batch by batch."""

import numpy as np
import pytest

from cutmix_tf.evaluation import _batches


class Counts:
    def __init__(self):
        self.added = []

    def add(self, count):
        self.added.append(count)


def test_the_last_batch_is_padded_and_cut():
    sizes = []

    def double(rows):
        sizes.append(len(rows))
        return 2 * rows

    np.testing.assert_array_equal(_batches.in_batches(double, np.arange(10), batch_size=4), 2 * np.arange(10))
    assert sizes == [4, 4, 4]
    np.testing.assert_array_equal(_batches.in_batches(double, np.arange(3), batch_size=4), [0, 2, 4])
    assert sizes[3:] == [3]


def test_progress_counts_each_row_once():
    counts = Counts()
    _batches.in_batches(lambda rows: rows, np.arange(10), batch_size=4, progress=counts)
    assert counts.added == [4, 4, 2]


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"must have the same length, at least 1; got \[2, 3\]"):
        _batches.in_batches(lambda a, b: a, np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match=r"at least 1; got \[0\]"):
        _batches.in_batches(lambda a: a, np.zeros(0))
