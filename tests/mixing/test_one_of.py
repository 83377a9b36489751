"""OneOf: how often each mixer is drawn, and what can't be combined."""

import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf.mixing import CompleteLabel, OneHotTarget

IMAGES = tf.cast(tf.reshape(tf.range(6), [6, 1, 1, 1]) * tf.ones([6, 8, 10, 3], tf.int32), tf.uint8)


def test_mixers_are_drawn_by_weight():
    mixer = cm.OneOf([cm.MixUp(alpha=1e-6), cm.CutMix(prob=0), cm.Cutout(size=2, fill=5)], weights=[2, 1, 1])
    images = tf.zeros([4000, 2, 2, 1])
    mixed, targets = mixer(images, tf.range(4000), seed=(0, 0))
    erased = tf.reduce_any(mixed == 5, axis=[1, 2, 3]).numpy().mean()
    partner_alone = (targets[:, 0, 1].numpy() == 0).mean()  # MixUp with a λ of 0 or 1, each half of the time
    np.testing.assert_allclose([erased, partner_alone], [0.25, 0.25], atol=0.035)


def test_one_mixer_for_the_batch():
    mixer = cm.OneOf([cm.CutMix(prob=0), cm.MixUp()], per="batch")
    shares = [mixer(IMAGES, tf.range(6), seed=(0, n))[1][:, 0, 1].numpy() for n in range(20)]
    assert {len(np.unique(share)) > 1 for share in shares} == {True, False}


def test_erased_and_mixed_examples_in_one_batch_keep_their_own_targets():
    mixer = cm.OneOf([cm.Cutout(size=20, fill=77), cm.CutMix(alpha=50.0)])
    images, targets = mixer(tf.repeat(IMAGES, 20, axis=0), tf.repeat(tf.range(6), 20), seed=(1, 4))
    erased = (images.numpy() == 77).any(axis=(1, 2, 3))
    assert 0.3 < erased.mean() < 0.7
    np.testing.assert_array_equal(targets.numpy()[erased][:, 0, 1], 1.0)


def test_each_eraser_fills_its_own_examples():
    mixer = cm.OneOf([cm.Cutout(size=4, fill=77), cm.Cutout(size=4, fill=(88, 99, 66))])
    images = mixer(tf.repeat(IMAGES, 20, axis=0), seed=(1, 4)).numpy()
    first, second = (images == 77).all(axis=3).any(axis=(1, 2)), (images == [88, 99, 66]).all(axis=3).any(axis=(1, 2))
    np.testing.assert_array_equal(first, ~second)
    assert 0.3 < first.mean() < 0.7


@pytest.mark.parametrize("mixer", [OneHotTarget(cm.CutMix()), CompleteLabel(cm.CutMix())], ids=repr)
def test_mixers_that_relabel_are_refused(mixer):
    with pytest.raises(ValueError, match="needs mixers that don't relabel"):
        cm.OneOf([cm.CutMix(), mixer])


BAD = {
    "nothing": (lambda: cm.OneOf([]), ValueError, "at least one mixer"),
    "a mixer alone": (lambda: cm.OneOf(cm.CutMix()), TypeError, "mixers must be a list"),
    "a function": (lambda: cm.OneOf([len]), TypeError, "needs mixers of images"),
    "a mixer of features": (lambda: cm.OneOf([cm.FeatureCutMix()]), TypeError, "needs mixers of images"),
    "too few weights": (lambda: cm.OneOf([cm.CutMix(), cm.MixUp()], weights=[1]), ValueError, "a weight for each"),
    "weight 0": (lambda: cm.OneOf([cm.CutMix()], weights=[0]), ValueError, "each weight must be above 0"),
    "per pixel": (lambda: cm.OneOf([cm.CutMix()], per="pixel"), ValueError, "per must be one of"),
}


@pytest.mark.parametrize(("make", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
