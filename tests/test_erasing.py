"""Hide-and-Seek and Random Erasing: areas, shapes, places and fillings follow their papers' laws."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import cutmix_tf as cm
from cutmix_tf._random import hashed_bits

IDS = tf.range(1000)


def erased(mixer, height, width, seed=(1, 2), count=1000):
    """Which pixels of white pictures change: bool (count, height, width); and the pictures."""
    images = tf.fill([count, height, width, 3], 1000.0)
    mixed, labels = mixer(images, tf.range(count), seed=seed)
    np.testing.assert_array_equal(labels, tf.range(count))
    return (mixed != 1000).numpy().any(axis=3), mixed.numpy()


def boxes(masks):
    """Top, left, bottom and right of the changed pixels, and whether they fill that box."""
    rows, columns = masks.any(axis=2), masks.any(axis=1)
    top, left = rows.argmax(axis=1), columns.argmax(axis=1)
    bottom, right = rows.shape[1] - rows[:, ::-1].argmax(axis=1), columns.shape[1] - columns[:, ::-1].argmax(axis=1)
    full = masks.sum(axis=(1, 2)) == (bottom - top) * (right - left)
    return np.stack([top, left, bottom, right]), full


# ---- Random Erasing ----


@pytest.mark.parametrize("size", [(64, 64), (48, 96), (33, 57)])
def test_every_picture_loses_one_rectangle_of_the_asked_area(size):
    masks, _ = erased(cm.RandomErasing(prob=1.0, fill=0.0), *size)
    (top, left, bottom, right), full = boxes(masks)
    assert full.all()
    share = (bottom - top) * (right - left) / np.prod(size)
    aspect = (bottom - top) / (right - left)
    assert share.min() > 0.015
    assert share.max() < 0.42
    assert aspect.min() > 0.2
    assert aspect.max() < 5


def test_area_is_uniform_and_so_is_aspect():
    """Where nearly everything fits, so that no pair is refused: on a large picture with small areas."""
    masks, _ = erased(cm.RandomErasing(area=(0.02, 0.08), prob=1.0, fill=0.0), 200, 200)
    (top, left, bottom, right), _ = boxes(masks)
    share, aspect = (bottom - top) * (right - left) / 200**2, (bottom - top) / (right - left)
    assert stats.kstest(share, stats.uniform(0.02, 0.06).cdf).pvalue > 1e-3
    assert stats.kstest(aspect, stats.uniform(0.3, 1 / 0.3 - 0.3).cdf).pvalue > 1e-3


def test_all_corners_are_reached_and_places_are_uniform():
    masks, _ = erased(cm.RandomErasing(prob=1.0, fill=0.0), 24, 16, count=4000)
    (top, _, bottom, _), _ = boxes(masks)
    for corner in (masks[:, 0, 0], masks[:, 0, -1], masks[:, -1, 0], masks[:, -1, -1]):
        assert corner.any()
    free = 24 - (bottom - top)
    place = (top + np.random.default_rng(0).random(4000)) / (free + 1)
    assert stats.kstest(place, "uniform").pvalue > 1e-3


def test_prob_of_erasing_is_hit_once():
    masks, _ = erased(cm.RandomErasing(fill=0.0), 32, 32, count=4000)
    assert abs(masks.any(axis=(1, 2)).mean() - 0.5) < 0.04


def test_fillings():
    masks, mixed = erased(cm.RandomErasing(prob=1.0, fill="color"), 32, 32)
    colors = np.array([image[mask] for image, mask in zip(mixed, masks, strict=True)], object)
    assert all((pixels == pixels[0]).all() for pixels in colors)
    first = np.array([pixels[0] for pixels in colors]).astype(int)
    assert len(np.unique(first, axis=0)) > 900
    assert stats.kstest(first.ravel() + np.random.default_rng(0).random(3000), stats.uniform(0, 256).cdf).pvalue > 1e-3
    masks, mixed = erased(cm.RandomErasing(prob=1.0, fill="noise"), 32, 32)
    noise = mixed[masks]
    np.testing.assert_allclose(np.bincount(noise.astype(int).ravel(), minlength=256) / noise.size, 1 / 256, rtol=0.15)
    assert len({image[mask][:4].tobytes() for image, mask in zip(mixed, masks, strict=True)}) == 1000
    masks, mixed = erased(cm.RandomErasing(prob=1.0, fill=(1, 2, 3)), 32, 32)
    np.testing.assert_array_equal(np.unique(mixed[masks], axis=0), [[1, 2, 3]])


def test_tiny_pictures_lose_something_at_least():
    masks, _ = erased(cm.RandomErasing(prob=1.0, fill=0.0), 1, 2)
    assert masks.any(axis=(1, 2)).all()


# ---- Hide-and-Seek ----


def test_each_square_is_hidden_with_chance_one_half_alone():
    masks, _ = erased(cm.HideAndSeek(sides=(8,)), 32, 24)
    squares = masks.reshape(1000, 4, 8, 3, 8)
    whole = squares[:, :, :1, :, :1]
    np.testing.assert_array_equal(squares, np.broadcast_to(whole, squares.shape))
    hidden = whole.reshape(1000, 12).astype(float)
    np.testing.assert_allclose(hidden.mean(axis=0), 0.5, atol=0.08)
    np.testing.assert_allclose(np.corrcoef(hidden.T) - np.eye(12), 0, atol=0.16)


def test_squares_at_the_border_are_cut_off():
    masks, _ = erased(cm.HideAndSeek(sides=(44,)), 224, 224, count=50)
    edges = np.flatnonzero((masks[:, :, 1:] != masks[:, :, :-1]).any(axis=(0, 1))) + 1
    np.testing.assert_array_equal(edges, [44, 88, 132, 176, 220])


def test_sides_are_drawn_equally_often_and_zero_leaves_whole():
    masks, _ = erased(cm.HideAndSeek(), 224, 224, count=300)
    assert 0.1 < (~masks.any(axis=(1, 2))).mean() < 0.32  # a fifth, and few others by chance
    for side in (16, 32, 44, 56):
        masks, _ = erased(cm.HideAndSeek(sides=(side,)), 224, 224, count=20)
        assert abs(masks.mean() - 0.5) < 0.1


def test_one_side_for_the_batch_but_other_squares():
    masks, _ = erased(cm.HideAndSeek(sides=(4, 16), per="batch"), 16, 16, count=64)
    assert len({mask.tobytes() for mask in masks}) > 60 or len({mask.tobytes() for mask in masks}) == 2


# ---- ablations, strength ----


def test_center_gaussian_boxes_lie_around_the_middle():
    images, labels = tf.broadcast_to(tf.reshape(tf.range(2000.0), [-1, 1, 1, 1]), [2000, 64, 32, 1]), tf.range(2000)
    mixer = cm.mixing.CenterGaussianCutMix(alpha=50.0, spread=0.1)  # boxes of half the area, hardly ever clipped
    mixed, _ = mixer(images, labels, seed=(1, 2))
    (top, left, bottom, right), _ = boxes(mixed[..., 0].numpy() != np.arange(2000)[:, None, None])
    inner = (top > 0) & (bottom < 64)
    rows = (top + bottom)[inner] / 2 / 64
    assert abs(rows.mean() - 0.5) < 0.01
    assert rows.std() < 0.12
    free = (left > 0) & (right < 32)
    assert abs(((left + right)[free] / 2 / 32).mean() - 0.5) < 0.03


def test_fixed_size_boxes_are_a_quarter_of_a_cifar_image():
    images, labels = tf.broadcast_to(tf.reshape(tf.range(500.0), [-1, 1, 1, 1]), [500, 32, 32, 1]), tf.range(500)
    _, targets = cm.mixing.FixedSizeCutMix(size=16)(images, labels, seed=(1, 2))
    assert targets[:, 0, 1].numpy().min() == 0.75


@pytest.mark.parametrize("wrapper", [cm.mixing.OneHotTarget, cm.mixing.CompleteLabel])
def test_relabeled_pictures_are_those_of_the_mixer(wrapper):
    images, labels = tf.random.stateless_uniform([200, 8, 8, 3], (0, 0)), tf.range(200)
    mixer = cm.CutMix(prob=0.7)
    expected, area = mixer(images, labels, seed=(1, 2))
    mixed, targets = wrapper(mixer)(images, labels, seed=(1, 2))
    np.testing.assert_array_equal(mixed, expected)
    own, area = targets[:, 0, 1].numpy(), area[:, 0, 1].numpy()
    by_rule = (area >= 0.5) if wrapper is cm.mixing.OneHotTarget else np.where(area < 1, 0.5, 1)
    np.testing.assert_array_equal(own, by_rule)
    np.testing.assert_array_equal(targets[:, 1, 1], 1 - own)
    with pytest.raises(TypeError, match="needs a mixer"):
        wrapper("CutMix")


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_strength_leaves_examples_as_they_were(strength):
    images, labels = tf.random.stateless_uniform([3000, 4, 4, 1], (0, 0)), tf.range(3000)
    full, targets = cm.MixUp()(images, labels, seed=(1, 2))
    weaker, weaker_targets = cm.MixUp()(images, labels, seed=(1, 2), strength=strength)
    mixed = weaker_targets[:, 1, 1].numpy() > 0
    assert abs(mixed.mean() - strength) < 0.05
    np.testing.assert_allclose(weaker, np.where(mixed[:, None, None, None], full, images), rtol=1e-6)
    np.testing.assert_array_equal(weaker_targets[:, 1, 1], np.where(mixed, targets[:, 1, 1], 0))


def test_hashed_bits_are_even_and_unrelated_between_neighbors():
    bits = hashed_bits(tf.constant([[5], [6]], tf.uint32), tf.cast(tf.range(100_000)[None], tf.uint32)).numpy()
    share = bits / 2**32
    for row in share:
        assert stats.kstest(row, "uniform").pvalue > 1e-3
        assert abs(np.corrcoef(row[1:], row[:-1])[0, 1]) < 0.02
    assert abs(np.corrcoef(share)[0, 1]) < 0.02
    ones = np.unpackbits(bits.view(np.uint8)).mean()
    assert abs(ones - 0.5) < 0.002


BAD = [
    (lambda: cm.HideAndSeek(sides=()), ValueError, "at least one side"),
    (lambda: cm.HideAndSeek(sides=(-1,)), ValueError, "each side must be at least 0"),
    (lambda: cm.HideAndSeek(fill="noise"), TypeError, "fill must be a number"),
    (lambda: cm.RandomErasing(area=(0.4, 0.02)), ValueError, "its smallest and its largest"),
    (lambda: cm.RandomErasing(area=(0.0, 0.4)), ValueError, "area must be above 0"),
    (lambda: cm.RandomErasing(aspect=(0.3,)), ValueError, "its smallest and its largest"),
    (lambda: cm.RandomErasing(fill="noize"), ValueError, "Did you mean 'noise'"),
    (lambda: cm.mixing.FixedSizeCutMix(size=0), ValueError, "size must be at least 1"),
    (lambda: cm.mixing.CenterGaussianCutMix(spread=-1), ValueError, "spread"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD, ids=[row[2] for row in BAD])
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("mixer", [cm.FeatureCutMix(), cm.mixing.OneHotTarget(cm.CutMix())], ids=repr)
def test_what_a_plan_does_not_tell_is_not_merged(mixer):
    with pytest.raises(ValueError, match="does more"):
        cm.OneOf([cm.CutMix(), mixer])
    with pytest.raises(ValueError, match="does more"):
        cm.mixing.CompleteLabel(mixer)


def test_random_values_need_a_dtype_that_holds_them():
    with pytest.raises(ValueError, match="To fill int8 images"):
        cm.RandomErasing()(tf.zeros([2, 4, 4, 3], tf.int8), IDS[:2])
