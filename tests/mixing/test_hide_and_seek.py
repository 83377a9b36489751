"""Hide-and-Seek: which squares are hidden, and how often."""

import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm


def hidden(mixer, count, height, width):
    """Which pixels of bright images are hidden: bool (count, height, width)."""
    images = tf.fill([count, height, width, 1], tf.constant(9, tf.uint8))
    return mixer(images, seed=(1, 2)).numpy()[..., 0] == 0


def test_each_square_is_hidden_with_probability_one_half_alone():
    squares = hidden(cm.HideAndSeek(sides=(8,)), 1000, 32, 24).reshape(1000, 4, 8, 3, 8)
    whole = squares[:, :, :1, :, :1]
    np.testing.assert_array_equal(squares, np.broadcast_to(whole, squares.shape))
    whole = whole.reshape(1000, 12).astype(float)
    np.testing.assert_allclose(whole.mean(axis=0), 0.5, atol=0.08)
    np.testing.assert_allclose(np.corrcoef(whole.T) - np.eye(12), 0, atol=0.16)


def test_squares_at_the_border_are_cut_off():
    masks = hidden(cm.HideAndSeek(sides=(44,)), 50, 224, 224)
    edges = np.flatnonzero((masks[:, :, 1:] != masks[:, :, :-1]).any(axis=(0, 1))) + 1
    np.testing.assert_array_equal(edges, [44, 88, 132, 176, 220])


def test_sides_are_drawn_equally_often_and_zero_leaves_an_image_whole():
    masks = hidden(cm.HideAndSeek(), 300, 224, 224)
    edges = [np.argwhere(mask[:, 1:] != mask[:, :-1])[:, 1] + 1 for mask in (*masks, *masks.transpose(0, 2, 1))]
    sides = np.gcd([np.gcd.reduce(places) for places in edges[:300]], [np.gcd.reduce(places) for places in edges[300:]])
    sides, counts = np.unique(sides, return_counts=True)
    np.testing.assert_array_equal(sides, [0, 16, 32, 44, 56])
    np.testing.assert_allclose(counts, 60, atol=25)


@pytest.mark.parametrize("side", [16, 32, 44, 56])
def test_half_of_the_image_is_hidden_on_average(side):
    assert abs(hidden(cm.HideAndSeek(sides=(side,)), 40, 224, 224).mean() - 0.5) < 0.1


def test_one_side_for_the_batch_but_different_squares():
    masks = hidden(cm.HideAndSeek(sides=(4, 8), per="batch"), 64, 16, 16)
    assert len({mask.tobytes() for mask in masks}) > 10
    squares = masks.reshape(64, 4, 4, 4, 4)
    np.testing.assert_array_equal(squares, np.broadcast_to(squares[:, :, :1, :, :1], squares.shape))


BAD = {
    "no sides": (lambda: cm.HideAndSeek(sides=()), ValueError, "at least one side"),
    "side -1": (lambda: cm.HideAndSeek(sides=(-1,)), ValueError, "each side must be at least 0"),
    "huge side": (lambda: cm.HideAndSeek(sides=(2**15 + 1,)), ValueError, "at most 32768"),
    "fill noise": (lambda: cm.HideAndSeek(fill="noise"), TypeError, "fill must be a number"),
}


@pytest.mark.parametrize(("make", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
