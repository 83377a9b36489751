"""Cutout: the square, by hand and by count."""

import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm

IMAGES = tf.cast(tf.reshape(tf.range(6), [6, 1, 1, 1]) * tf.ones([6, 8, 10, 3], tf.int32), tf.uint8)


def test_the_whole_square_is_filled_with_the_color():
    erased = cm.Cutout(size=4, fill=(7, 8, 9))(IMAGES, seed=(1, 4))
    filled = (erased.numpy() == [7, 8, 9]).all(axis=3)
    for mask in filled:
        rows, columns = mask.any(axis=1), mask.any(axis=0)
        assert mask[np.ix_(rows, columns)].all()
        assert 4 <= mask.sum() <= 16


def test_all_pixels_are_erased_almost_equally_often():
    """A pixel is erased if the center is one of about 16 pixels around it, fewer at the border."""
    images = tf.zeros([8000, 10, 14, 1], tf.uint8)
    share = np.mean(cm.Cutout(size=4, fill=1)(images, seed=(1, 4)), axis=(0, 3))
    np.testing.assert_allclose(share[2:-2, 2:-2], 16 / 140, atol=0.02)
    np.testing.assert_allclose(share[0, 0], 3 * 3 / 140, atol=0.02)


def test_prob_is_applied_once():
    images = tf.zeros([4000, 4, 4, 1], tf.uint8)
    erased = np.any(cm.Cutout(size=4, fill=1, prob=0.3)(images, seed=(1, 4)), axis=(1, 2, 3))
    assert abs(erased.mean() - 0.3) < 0.03


def test_one_square_for_the_batch():
    erased = cm.Cutout(size=4, fill=99, per="batch")(IMAGES, seed=(1, 4)).numpy() == 99
    assert len({mask.tobytes() for mask in erased}) == 1


BAD = {
    "size 0": (lambda: cm.Cutout(size=0), ValueError, "size must be at least 1"),
    "size 2.5": (lambda: cm.Cutout(size=2.5), TypeError, "size must be a whole number"),
    "fill a string": (lambda: cm.Cutout(fill="mean"), TypeError, "fill must be a number"),
    "no fill": (lambda: cm.Cutout(fill=()), ValueError, "one for each channel"),
    "fill beyond uint8": (lambda: cm.Cutout(fill=300)(IMAGES), ValueError, "whole numbers in"),
    "fill between uint8": (lambda: cm.Cutout(fill=0.5)(IMAGES), ValueError, "whole numbers in"),
    "fill of 2 channels": (lambda: cm.Cutout(fill=(1, 2))(IMAGES), ValueError, "2 values"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
