"""Maps, resized and scaled."""

import numpy as np
import pytest

from cutmix_tf.evaluation import metrics


def test_maps_are_resized_around_their_centers():
    maps = np.random.default_rng(0).random((3, 8, 8), np.float32)
    np.testing.assert_allclose(metrics.resize_maps(maps, (8, 8)), maps, atol=1e-6)
    ramp = np.tile(np.arange(8, dtype=np.float32), (1, 8, 1))
    inner = metrics.resize_maps(ramp, (16, 16))[0, 5, 4:12]
    np.testing.assert_allclose(inner, np.arange(4, 12) / 2 - 0.25, atol=1e-5)
    np.testing.assert_allclose(metrics.resize_maps(np.full((1, 4, 4), 3.0), (13, 7)), 3, rtol=1e-6)


def test_each_map_is_scaled_by_itself_and_a_constant_one_becomes_zero():
    maps = np.array([[[-1, 0], [1, 3]], [[5, 5], [5, 5]], [[0, 1e-3], [0, 0]]])
    expected = [[[0, 0.25], [0.5, 1]], [[0, 0], [0, 0]], [[0, 1], [0, 0]]]
    np.testing.assert_allclose(metrics.scale_maps(maps), expected, rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_maps_that_are_not_finite_are_refused(value):
    maps = np.zeros((2, 4, 4))
    maps[1, 2, 2] = value
    for function in (metrics.scale_maps, metrics.boxes_of_maps):
        with pytest.raises(ValueError, match="Maps must be finite"):
            function(maps)
    with pytest.raises(ValueError, match="Maps must be finite"):
        metrics.box_sweep(maps, np.ones((2, 4), int))
