"""Mosaic: centers and partners, what each quadrant shows, and labels, masks and videos that follow."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws
from helpers.execution import op_by_op

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, CompleteLabel

SEED = (1, 2)


def planned(mixer, count, height, width, seed=SEED):
    """Centers (count, 2) and partners (count, 3)."""
    tiles = mixer.plan(Canvas(*map(tf.constant, (count, height, width))), seed).tiles
    return tiles.center.numpy(), tiles.partners.numpy()


# ---- draws ----


def test_centers_are_uniform_and_inside_their_range():
    centers, _ = planned(cm.Mosaic(), 4000, 100, 40)
    for center, size in zip(centers.T, (100, 40), strict=True):
        assert size // 4 <= center.min()
        assert center.max() <= 3 * size // 4
        np.testing.assert_allclose(np.quantile(center / size, [0.1, 0.5, 0.9]), [0.3, 0.5, 0.7], atol=0.03)
    assert abs(np.corrcoef(centers.T)[0, 1]) < 0.06


@pytest.mark.parametrize(("center", "expected"), [((0, 0), [0, 0]), ((0.5, 0.5), [4, 10]), ((1, 1), [9, 21])])
def test_a_point_can_be_given(center, expected):
    centers, _ = planned(cm.Mosaic(center=center), 7, 9, 21)
    np.testing.assert_array_equal(centers, [expected] * 7)


def test_a_batch_can_share_its_center():
    assert len(np.unique(planned(cm.Mosaic(per="batch"), 50, 32, 32)[0], axis=0)) == 1


def test_partners_are_three_shifts_each_as_likely():
    counts, size = {}, [tf.constant(side) for side in (5, 8, 8)]
    draw = tf.function(lambda step: cm.Mosaic().plan(Canvas(*size), (0, step)).tiles.partners, autograph=False)
    for step in tf.range(240):
        shifts = (draw(step).numpy() - np.arange(5)[:, None]) % 5
        assert (shifts == shifts[0]).all()
        counts[tuple(shifts[0])] = counts.get(tuple(shifts[0]), 0) + 1
    assert counts.keys() == set(itertools.permutations([1, 2, 3, 4], 3))
    assert max(counts.values()) < 2.5 * 240 / 24


@pytest.mark.parametrize(("count", "shown"), [(2, [0, 1, 1, 1]), (3, [0, 1, 1, 2]), (4, [0, 1, 2, 3])])
def test_in_a_small_batch_nobody_is_left_out(count, shown):
    for step in range(10):
        _, partners = planned(cm.Mosaic(), count, 8, 8, seed=(0, step))
        members = np.concatenate([np.arange(count)[:, None], partners], axis=1)
        appearances = [sorted(np.bincount(row, minlength=count)) for row in members]
        assert appearances == [sorted(np.bincount(shown, minlength=count))] * count


# ---- what it shows ----


def test_four_images_meet_in_a_point():
    with op_by_op():
        laws.four_images_meet_in_a_point(cm.Mosaic())


@pytest.mark.parametrize("mixer", [cm.Mosaic(), cm.OneOf([cm.Mosaic(), cm.CutMix()])], ids=["Mosaic", "OneOf"])
def test_every_share_is_whole_pixels(mixer):
    laws.every_share_is_whole_pixels(mixer)


def test_an_image_by_hand():
    """The point lies in the middle, so that each quadrant is the opposite one of its image."""
    codes = 10 * np.arange(4)[:, None, None, None] + np.arange(4).reshape(1, 2, 2, 1)
    mixed, targets = cm.Mosaic(center=(0.5, 0.5))(tf.constant(codes, tf.uint8), tf.range(4), seed=SEED)
    _, partners = planned(cm.Mosaic(), 4, 2, 2)
    right, below, across = 10 * partners[0]
    np.testing.assert_array_equal(mixed[0, ..., 0], [[3, right + 2], [below + 1, across]])
    np.testing.assert_array_equal(targets[0], [[0, 0.25], *[[partner, 0.25] for partner in partners[0]]])


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "bfloat16", "float64"])
def test_masks_and_videos_move_along(dtype):
    chance = np.random.default_rng(3)
    videos = tf.cast(tf.constant(chance.integers(0, 120, (5, 2, 11, 14, 3))), dtype)
    element = {"images": videos, "labels": tf.range(5), "segmentation_masks": videos[..., 0]}
    with op_by_op():
        mixed = cm.Mosaic()(element, seed=SEED)
        frame, _ = cm.Mosaic()(videos[:, 1], tf.range(5), seed=SEED)
    assert mixed["images"].dtype == videos.dtype
    np.testing.assert_array_equal(mixed["segmentation_masks"], mixed["images"][..., 0])
    np.testing.assert_array_equal(mixed["images"][:, 1], frame)


def test_every_form_of_label_gets_the_same_shares():
    (images, ids), weights = laws.painted_batch(6), np.random.default_rng(5).random(6).astype(np.float32)
    with op_by_op():
        pairs = cm.Mosaic()(images, ids, seed=SEED)[1].numpy()
        soft = cm.Mosaic()(images, tf.one_hot(ids, 6), seed=SEED)[1]
        values = cm.Mosaic(regression=True)(images, tf.cast(ids, tf.float32), seed=SEED)[1]
        _, weighted, mixed = cm.Mosaic()(images, ids, weights, seed=SEED)
    np.testing.assert_allclose(soft, cm.targets.to_soft(pairs, 6), rtol=0, atol=1e-7)
    np.testing.assert_allclose(values, (pairs[..., 0] * pairs[..., 1]).sum(axis=1), rtol=1e-6)
    parts = weights[pairs[..., 0].astype(int)] * pairs[..., 1]
    np.testing.assert_allclose(mixed, parts.sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(mixed[:, None] * weighted[..., 1], parts, rtol=1e-6)


def test_next_to_others_two_more_labels_weigh_nothing():
    images, labels = laws.painted_batch(40)
    mixer = cm.OneOf([cm.Mosaic(), cm.MixUp(), cm.Cutout(size=3, fill=99)])
    with op_by_op():
        mixed, targets = mixer(images, labels, seed=SEED)
    shown = np.array([len(np.unique(image)) for image in mixed.numpy()])
    blended = (np.asarray(targets)[:, 1, 1] > 0) & (np.asarray(targets)[:, 2, 1] == 0)
    assert {*np.unique((targets[..., 1].numpy() > 0).sum(axis=1))} == {1, 2, 4}
    assert (shown[blended] == 1).all()
    np.testing.assert_allclose(targets[..., 1].numpy().sum(axis=1), 1, rtol=0, atol=2e-7)


def test_strength_leaves_whole_images():
    images, labels = laws.painted_batch(40)
    with op_by_op():
        mixed, targets = cm.Mosaic()(images, labels, strength=0.5, seed=SEED)
    whole = (mixed.numpy() == images.numpy()).all(axis=(1, 2, 3))
    assert 8 < whole.sum() < 32
    np.testing.assert_array_equal(targets[..., 1].numpy()[whole], [[1, 0, 0, 0]] * whole.sum())


# ---- refusals ----

BAD = {
    "one share": (lambda: cm.Mosaic(center=(0.5,)), ValueError, "smallest and the largest"),
    "falling": (lambda: cm.Mosaic(center=(0.8, 0.1)), ValueError, "smallest and the largest"),
    "beyond": (lambda: cm.Mosaic(center=(0.5, 1.5)), ValueError, "at most 1"),
    "a number": (lambda: cm.Mosaic(center=0.5), TypeError, "list or a tuple"),
    "prob": (lambda: cm.Mosaic(prob=2), ValueError, "prob"),
    "keras-cv's name": (lambda: cm.Mosaic(offset=(0.25, 0.75)), TypeError, "center"),
    "relabeled": (lambda: CompleteLabel(cm.Mosaic()), ValueError, "between two images"),
    "relabeled in OneOf": (lambda: cm.ObjectAware(cm.OneOf([cm.Mosaic()])), ValueError, "between two images"),
}


@pytest.mark.parametrize(("make", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
