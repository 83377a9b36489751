"""StochasticDepth: whole mini-batches skip a branch; the rates of units."""

import numpy as np
import pytest
from helpers.layers_at_work import infer, train
from helpers.small_models import some

from cutmix_tf.layers import StochasticDepth, unit_drop_rate


@pytest.mark.parametrize("drop_rate", [0.0, 0.3, 1.0])
def test_whole_mini_batches_skip_the_branch(drop_rate):
    layer, x = StochasticDepth(drop_rate, seed=8), some(3, 4)
    calls = 600 if 0 < drop_rate < 1 else 20
    results = np.stack([train(layer, x) for _ in range(calls)])
    skipped = (results == 0).all(axis=(1, 2))
    np.testing.assert_array_equal(results[~skipped], np.broadcast_to(x, results[~skipped].shape))
    assert skipped.mean() == pytest.approx(drop_rate, abs=4 * np.sqrt(drop_rate * (1 - drop_rate) / calls))


def test_stochastic_depth_scales_by_the_chance_to_be_kept_in_inference():
    x = some(3, 2, 5, 4)
    np.testing.assert_allclose(infer(StochasticDepth(0.3), x), 0.7 * x, rtol=1e-6)


@pytest.mark.parametrize(
    ("rule", "expected"), [("linear", [0.05, 0.1, 0.15, 0.2, 0.25]), ("constant", [0.25, 0.25, 0.25, 0.25, 0.25])]
)
def test_drop_rates_of_the_units(rule, expected):
    assert [unit_drop_rate(0.25, unit, 5, rule) for unit in range(1, 6)] == pytest.approx(expected)
