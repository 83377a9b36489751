"""GridMix: how many cells are pasted, and which."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws
from helpers.execution import op_by_op

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas

SEED = (1, 2)


def cells(mixer, count):
    """The planned cells: bool (count, rows, columns)."""
    with op_by_op():
        return mixer.plan(Canvas(*map(tf.constant, (count, 32, 32))), SEED).cells.numpy()


def test_the_number_of_cells_follows_the_beta():
    counts = cells(cm.GridMix(cells=5, alpha=0.6), 3000).sum(axis=(1, 2))
    expected = np.rint(25 * np.random.default_rng(0).beta(0.6, 0.6, 100_000))
    quantiles = [0.1, 0.3, 0.5, 0.7, 0.9]
    np.testing.assert_allclose(np.quantile(counts, quantiles), np.quantile(expected, quantiles), atol=1)


def test_all_cells_are_equally_likely():
    chosen = cells(cm.GridMix(cells=3), 5000)
    np.testing.assert_allclose(chosen.mean(axis=0), 0.5, atol=0.03)
    some = chosen[chosen.sum(axis=(1, 2)) == 4].reshape(-1, 9)
    together = some[:, :, None] & some[:, None, :]
    pairs = together.mean(axis=0)[np.triu_indices(9, 1)]
    np.testing.assert_allclose(pairs, 4 * 3 / (9 * 8), atol=0.07)


def test_a_batch_can_share_its_cells():
    chosen = cells(cm.GridMix(per="batch"), 20)
    assert (chosen == chosen[0]).all()


@pytest.mark.parametrize("cells", [2, 5, 7])
def test_cells_are_pasted_whole(cells):
    with op_by_op():
        laws.cells_are_pasted_whole(cm.GridMix(cells=cells), cells)


@pytest.mark.parametrize(("name", "value"), [("cells", 0), ("cells", 17), ("alpha", 0), ("prob", 2), ("per", "cell")])
def test_bad_settings_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        cm.GridMix(**{name: value})
