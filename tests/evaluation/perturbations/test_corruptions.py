"""Corruptions: severities rise, and cases by hand."""

import numpy as np
import pytest
from scipy import ndimage

from cutmix_tf.evaluation.perturbations import CORRUPTIONS, _corruptions, corrupt


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_severities_rise(name):
    draw = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(draw.random((4, 32, 32, 3)), (0, 2, 2, 0))
    images = (60 + 700 * (smooth - smooth.min())).clip(0, 255).astype(np.uint8)
    versions = [corrupt(images, name, severity, seed=1) for severity in range(1, 6)]
    assert all(version.dtype == np.uint8 and version.shape == images.shape for version in versions)
    distances = [np.mean((version.astype(float) - images) ** 2) for version in versions]
    assert distances[0] > 0
    assert (np.diff(distances) > 0).all()
    np.testing.assert_array_equal(corrupt(images, name, 3, seed=1), versions[2])


def test_corruptions_by_hand():
    images = np.array([0, 100, 200, 250], np.uint8).reshape(1, 2, 2, 1).repeat(3, 3)
    np.testing.assert_array_equal(corrupt(images, "brightness", 1).ravel()[::3], [25, 125, 225, 255])
    np.testing.assert_array_equal(corrupt(images, "contrast", 1).ravel()[::3], [34, 109, 184, 222])  # 137.5 ± 0.75 ·
    np.testing.assert_array_equal(corrupt(images, "pixelate", 5).ravel(), np.full(12, 138))
    flat = np.full((1, 64, 64, 3), 128, np.uint8)
    assert corrupt(flat, "gaussian_noise", 3).std() == pytest.approx(24, rel=0.05)
    point = np.zeros((1, 64, 64, 3), np.uint8)
    point[0, 32, 32] = 255
    assert corrupt(point, "blur", 1)[0, 32, 32, 0] == pytest.approx(255 / (2 * np.pi * 0.96**2), abs=2)
    for name in ("blur", "contrast", "pixelate"):
        np.testing.assert_array_equal(corrupt(flat, name, 5), flat)


@pytest.mark.parametrize("name", ["gaussian_noise", "contrast"])
def test_many_images_are_corrupted_part_by_part(name, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (25, 6, 8, 3), dtype=np.uint8)
    whole = corrupt(images, name, 2, seed=1)
    monkeypatch.setattr(_corruptions, "PART", 10)
    np.testing.assert_array_equal(corrupt(images, name, 2, seed=1), whole)


def test_bad_corruptions_are_refused():
    images = np.zeros((1, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="Did you mean 'blur'"):
        corrupt(images, "blurr", 1)
    with pytest.raises(ValueError, match="severity must be at least 1 and at most 5"):
        corrupt(images, "blur", 6)
    with pytest.raises(ValueError, match="must be uint8; got float64"):
        corrupt(images / 2, "blur", 1)
