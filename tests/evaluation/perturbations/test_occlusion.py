"""Images with holes."""

import numpy as np
import pytest

from cutmix_tf.evaluation.metrics import top_k_error
from cutmix_tf.evaluation.perturbations import occlude
from cutmix_tf.evaluation.perturbations._occlusion import occlusion_errors


def test_holes_by_hand():
    images = np.full((1, 4, 4, 3), 9, np.uint8)
    center = [[9, 9, 9, 9], [9, 0, 0, 9], [9, 0, 0, 9], [9, 9, 9, 9]]
    np.testing.assert_array_equal(occlude(images, 0.5)[0, :, :, 1], center)
    boundary = occlude(images, 0.5, "boundary", fill=(1, 2, 3))
    np.testing.assert_array_equal(boundary[0, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(boundary[0, 1:3, 1:3], images[0, 1:3, 1:3])
    assert boundary.dtype == np.uint8


@pytest.mark.parametrize("size", [(5, 8), (32, 32), (1, 1)])
def test_both_holes_together_are_the_whole_image(size):
    images = np.random.default_rng(0).integers(1, 256, (2, *size, 3), dtype=np.uint8)
    for share in (0, 0.2, 0.5, 0.7, 1):
        both = occlude(images, share) + occlude(images, share, "boundary")
        np.testing.assert_array_equal(both, images)
    np.testing.assert_array_equal(occlude(images, 0), images)
    np.testing.assert_array_equal(occlude(images, 1, "boundary"), images)
    assert not occlude(images, 1).any()


@pytest.mark.slow
def test_occlusion_ends_at_chance(model, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    center, boundary = (occlusion_errors(model, images, labels, place) for place in ("center", "boundary"))
    assert center[0] == boundary[-1] == top_k_error(model.logits(images), labels)
    assert center[-1] == boundary[0] == 75


def test_bad_holes_are_refused():
    images = np.zeros((1, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="share must be at least 0 and at most 1"):
        occlude(images, 1.1)
    with pytest.raises(ValueError, match="Did you mean 'center'"):
        occlude(images, 0.5, "centre")
