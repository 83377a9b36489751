"""MixUp: blends by hand, and the distribution of shares and partners."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import cutmix_tf as cm


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.5, 1.0, 2.0, 4.0])
def test_shares_have_the_beta_distribution_of_alpha(alpha):
    targets = cm.MixUp(alpha=alpha)(tf.zeros([4000, 1, 1, 1]), tf.range(4000), seed=(7, 7))[1]
    own = targets[:, 0, 1].numpy().astype(np.float64)
    np.testing.assert_allclose((own < 0.5).mean(), 0.5, atol=0.03)
    lower = own[own < 0.5]  # close to 1, float32 has too few values to resolve a Beta of small alpha
    assert stats.kstest(lower, lambda share: 2 * stats.beta(alpha, alpha).cdf(share)).pvalue > 0.01


def test_partners_are_uniform_over_the_others():
    images, labels = tf.zeros([8, 1, 1, 1]), tf.range(8)
    mix = tf.function(lambda step: cm.MixUp()(images, labels, seed=tf.stack([2, step]))[1])
    counts = np.zeros((8, 8))
    for step in range(1500):
        targets = mix(tf.constant(step)).numpy().astype(int)
        counts[targets[:, 0, 0], targets[:, 1, 0]] += 1
    assert (np.diag(counts) == 0).all()
    for own in range(8):
        assert stats.chisquare(np.delete(counts[own], own)).pvalue > 0.001


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_image_and_label_are_blended_alike_by_hand(dtype):
    images = tf.cast(tf.reshape([0, 100], [2, 1, 1, 1]), dtype)
    mixed, targets = cm.MixUp()(images, tf.constant([0, 1]), seed=(1, 2))
    share = targets[:, 0, 1].numpy()
    assert (share != 0.5).all()
    assert mixed.dtype == tf.float32
    np.testing.assert_allclose(np.ravel(mixed), [100 * (1 - share[0]), 100 * share[1]], rtol=1e-6)


def test_one_share_for_the_batch():
    _, targets = cm.MixUp(per="batch")(tf.zeros([9, 1, 1, 1]), tf.range(9), seed=(1, 2))
    assert len(np.unique(targets[:, 0, 1])) == 1


def test_masks_are_refused():
    element = {"images": tf.zeros([2, 4, 4, 3]), "labels": tf.range(2), "segmentation_masks": tf.zeros([2, 4, 4])}
    for mixer in (cm.MixUp(), cm.OneOf([cm.CutMix(), cm.MixUp()])):
        with pytest.raises(ValueError, match="can't be blended"):
            mixer(element)


BAD = {
    "alpha -1": ({"alpha": -1.0}, ValueError, "alpha must be above 0"),
    "prob below 0": ({"prob": -0.1}, ValueError, "prob must be at least 0"),
    "per pixel": ({"per": "pixel"}, ValueError, "per must be one of"),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        cm.MixUp(**settings)
