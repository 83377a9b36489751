"""Noise as out-of-distribution images: its distribution, and that parts are the same as the whole."""

import numpy as np
import pytest
from scipy import stats

from cutmix_tf.evaluation import perturbations
from cutmix_tf.evaluation.perturbations import _noise


def test_noise_is_that_of_odin():
    uniform, gaussian = (perturbations.noise(kind, 200, (16, 8), seed=3) for kind in ("uniform", "gaussian"))
    for images in (uniform, gaussian):
        assert images.shape == (200, 16, 8, 3)
        assert images.dtype == np.float32
        assert images.min() >= 0
        assert images.max() <= 255
    false_alarm = 1e-6
    assert stats.kstest(uniform.ravel()[::7] / 255, "uniform").pvalue > false_alarm
    at_ends = [np.mean(gaussian == end) for end in (0, 255)]
    np.testing.assert_allclose(at_ends, stats.norm.cdf(-0.5), atol=0.01)
    inner = gaussian[(gaussian > 0) & (gaussian < 255)][::7] / 255
    assert stats.kstest(inner, stats.truncnorm(-0.5, 0.5, 0.5, 1).cdf).pvalue > false_alarm
    np.testing.assert_array_equal(perturbations.noise("uniform", 200, (16, 8), seed=3), uniform)
    assert (perturbations.noise("uniform", 200, (16, 8), seed=4) != uniform).any()


@pytest.mark.parametrize("kind", ["uniform", "gaussian"])
def test_parts_are_the_same_images_as_the_whole(kind, monkeypatch):
    whole = perturbations.noise(kind, 23, (5, 4), seed=1)
    monkeypatch.setattr(_noise, "PART", 10)
    parts = list(_noise.Noise(kind, 23, (5, 4), seed=1))
    assert [len(part) for part in parts] == [10, 10, 3]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_unknown_noise_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'gaussian'"):
        perturbations.noise("gausian", 1, (8, 8))
    with pytest.raises(ValueError, match="count must be at least 1"):
        perturbations.noise("uniform", 0, (8, 8))
