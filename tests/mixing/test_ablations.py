"""The variants of CutMix: where their boxes lie, and what their labels say."""

import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, OneHotTarget


def boxes(mixer, count, height, width):
    """Top, left, bottom and right of `count` planned boxes."""
    return mixer.plan(Canvas(*map(tf.constant, (count, height, width))), (1, 2)).box.numpy().T


def test_center_gaussian_boxes_lie_around_the_middle():
    mixer = CenterGaussianCutMix(alpha=50.0, spread=0.1)  # boxes of half the area, hardly ever clipped
    top, left, bottom, right = boxes(mixer, 2000, 64, 32)
    inner = (top > 0) & (bottom < 64)
    rows = (top + bottom)[inner] / 2 / 64
    assert abs(rows.mean() - 0.5) < 0.01
    assert 0.05 < rows.std() < 0.12
    inner = (left > 0) & (right < 32)
    assert abs(((left + right)[inner] / 2 / 32).mean() - 0.5) < 0.03


def test_centers_without_spread_are_the_middle():
    top, left, bottom, right = boxes(CenterGaussianCutMix(spread=0), 50, 64, 32)
    assert set((top + bottom) // 2) == {32}
    assert set((left + right) // 2) == {16}


def test_fixed_size_boxes_are_a_quarter_of_a_cifar_image():
    images, labels = tf.broadcast_to(tf.reshape(tf.range(500.0), [-1, 1, 1, 1]), [500, 32, 32, 1]), tf.range(500)
    _, targets = FixedSizeCutMix(size=16)(images, labels, seed=(1, 2))
    assert targets[:, 0, 1].numpy().min() == 0.75
    top, left, bottom, right = boxes(FixedSizeCutMix(size=6), 500, 32, 20)
    assert (bottom - top).max() == (right - left).max() == 6


@pytest.mark.parametrize("wrapper", [OneHotTarget, CompleteLabel])
def test_relabeled_images_are_those_of_the_mixer(wrapper):
    images, labels = tf.random.stateless_uniform([200, 8, 8, 3], (0, 0)), tf.range(200)
    mixer = cm.CutMix(prob=0.7)
    expected, area = mixer(images, labels, seed=(1, 2))
    mixed, targets = wrapper(mixer)(images, labels, seed=(1, 2))
    np.testing.assert_array_equal(mixed, expected)
    own, area = targets[:, 0, 1].numpy(), area[:, 0, 1].numpy()
    by_rule = (area >= 0.5) if wrapper is OneHotTarget else np.where(area < 1, 0.5, 1)
    np.testing.assert_array_equal(own, by_rule)
    np.testing.assert_array_equal(targets[:, 1, 1], 1 - own)


@pytest.mark.parametrize("wrapper", [OneHotTarget, CompleteLabel])
def test_erasing_is_not_relabeled(wrapper):
    mixer = wrapper(cm.Cutout(size=3, fill=5.0))
    assert mixer.keeps_labels
    np.testing.assert_array_equal(mixer(tf.zeros([4, 8, 8, 1]), tf.range(4), seed=(1, 2))[1], tf.range(4))


BAD = {
    "size 0": (lambda: FixedSizeCutMix(size=0), ValueError, "size must be at least 1"),
    "spread -1": (lambda: CenterGaussianCutMix(spread=-1), ValueError, "spread"),
    "a name": (lambda: OneHotTarget("CutMix"), TypeError, "needs mixers of images"),
    "a mixer of features": (lambda: CompleteLabel(cm.FeatureCutMix()), TypeError, "needs mixers of images"),
    "relabeled twice": (
        lambda: CompleteLabel(OneHotTarget(cm.CutMix())),
        ValueError,
        "needs mixers that don't relabel",
    ),
}


@pytest.mark.parametrize(("make", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
