"""Pair targets, class ids and soft targets, and how they become one another."""

import numpy as np
import pytest

import cutmix_tf as cm


def test_split_and_to_soft_by_hand():
    pairs = np.float32([[[2, 0.75], [0, 0.25]], [[1, 0.5], [1, 0.5]]])
    a, b, own = cm.targets.split(pairs)
    np.testing.assert_array_equal(a, [2, 1])
    np.testing.assert_array_equal(b, [0, 1])
    np.testing.assert_array_equal(own, np.float32([0.75, 0.5]))
    np.testing.assert_array_equal(cm.targets.to_soft(pairs, 3), np.float32([[0.25, 0, 0.75], [0, 1, 0]]))
    np.testing.assert_array_equal(cm.targets.to_soft([1, 0], 2), np.float32([[0, 1], [1, 0]]))


REFUSED = {
    "split of ids": (lambda: cm.targets.split([1, 2]), ValueError, "pair targets"),
    "to_soft of rank 4": (lambda: cm.targets.to_soft(np.zeros((2, 2, 2, 2)), 3), ValueError, "class ids"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
