"""ObjectAware: weights by visible objects, on masks and on maps, and what the losses make of them."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import cases, laws
from helpers.execution import op_by_op
from helpers.oracle import object_weights
from hypothesis import given, settings
from hypothesis import strategies as some

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, CompleteLabel

RULES = ["area", "semantic"]
PASTING = {
    "boxes": cm.CutMix(prob=0.8),
    "cells": cm.AttentiveCutMix(),
    "one of both": cm.OneOf([cm.CutMix(), cm.AttentiveCutMix(), cm.Cutout(size=3, fill=-1)]),
}


def on_pixels(maps, height, width):
    """Each cell's value on its pixels."""
    rows, columns = (
        np.arange(size) * cells // size for size, cells in zip((height, width), maps.shape[1:], strict=True)
    )
    return maps[:, rows[:, None], columns]


# ---- exact weights ----


@pytest.mark.parametrize("rule", RULES)
def test_labels_describe_painted_objects(rule):
    with op_by_op():
        laws.labels_describe_the_objects(cm.ObjectAware(cm.CutMix(), rule, "masks"), rule)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("mixer", PASTING.values(), ids=PASTING)
@pytest.mark.parametrize("grid", [(7, 7), (3, 13)])
def test_weights_on_maps_are_those_of_the_oracle(mixer, rule, grid):
    """Bytes with a largest value of 255, as the cache holds them, are counted exactly."""
    (images, labels), (height, width) = laws.painted_batch(40), (laws.HEIGHT, laws.WIDTH)
    chance = np.random.default_rng(1)
    maps = chance.integers(0, 255, (40, *grid), np.uint8) * chance.integers(0, 2, (40, *grid), np.uint8)
    maps[:, 0, 0] = 255
    with op_by_op():
        mixed, targets = cm.ObjectAware(mixer, rule)(images, labels, attention=maps, seed=(1, 2))
    wide = on_pixels(maps.astype(float), height, width)
    for example, (image, target) in enumerate(zip(mixed.numpy()[..., 0], targets.numpy(), strict=True)):
        other = int(target[1, 0])
        kept = (image != other) | (other == example)  # what is erased counts as the example's own
        expected = object_weights(kept, wide[example], wide[other], rule)
        np.testing.assert_allclose(target[:, 1], np.float32(expected), rtol=0, atol=6e-8)


@settings(max_examples=25, deadline=None)
@given(
    some.lists(some.floats(1 / 16, 1e4, width=32), min_size=12, max_size=12),
    some.sampled_from([np.float16, np.float32]),
    some.sampled_from(RULES),
    some.integers(0, 2**31 - 1),
)
def test_other_maps_are_counted_to_a_millionth(values, kind, rule, seed):
    maps = np.reshape(values, [2, 2, 3]).astype(kind)
    (images, labels), wide = laws.painted_batch(2, 9, 7), on_pixels(maps.astype(float), 9, 7)
    with op_by_op():
        mixed, targets = cm.ObjectAware(cm.CutMix(), rule)(images, labels, attention=maps, seed=(seed, 0))
    for example, other in ((0, 1), (1, 0)):
        kept = mixed.numpy()[example, ..., 0] == example
        weights = object_weights(kept, wide[example], wide[other], rule)
        parts = (part.sum() / part.max() for part in (wide[example][kept], wide[other][~kept]) if part.size)
        np.testing.assert_allclose(targets[example, :, 1], weights, rtol=0, atol=2e-6 * 63 / min(1, *parts, 1))


def test_weights_by_hand():
    """A box over the right half hides the own object, and shows a quarter of the partner's."""

    class RightHalf(cm.CutMix):
        def plan(self, canvas, seed):
            return super().plan(canvas, seed)._replace(box=tf.constant([[0, 4, 8, 8]] * 2))

    maps = np.zeros([2, 8, 8], np.float32)
    maps[0, :2, :2], maps[0, 2:4, 4:] = 3, 3  # object 0: 4 pixels on the left, 8 on the right
    maps[1, 4:, 3:5] = 0.5  # object 1: 4 on either side
    images, labels = laws.painted_batch(2, 8, 8)
    mixers = {rule: cm.ObjectAware(RightHalf(), rule) for rule in RULES}
    weights = {rule: each(images, labels, attention=maps, seed=(0, 0))[1][..., 1] for rule, each in mixers.items()}
    np.testing.assert_array_equal(weights["area"], np.float32([[4 / 8, 4 / 8], [4 / 12, 1 - np.float32(4 / 12)]]))
    np.testing.assert_array_equal(weights["semantic"], np.float32([[4 / 12, 4 / 8], [4 / 8, 8 / 12]]))


def test_blended_objects_count_in_the_proportion_of_their_images():
    (images, labels), maps = laws.painted_batch(6), np.random.default_rng(3).integers(0, 256, (6, 7, 7), np.uint8)
    maps[:, 3, 3] = 255
    share = cm.MixUp()(images, labels, seed=(1, 2))[1].numpy()[:, 0, 1]
    _, targets = cm.ObjectAware(cm.MixUp())(images, labels, attention=maps, seed=(1, 2))
    mass = on_pixels(maps.astype(float), laws.HEIGHT, laws.WIDTH).sum(axis=(1, 2))
    own, other = share * mass, (1 - share) * mass[targets.numpy()[:, 1, 0].astype(int)]
    np.testing.assert_allclose(targets[:, 0, 1], own / (own + other), rtol=0, atol=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_without_objects_labels_are_shared_by_area(rule):
    images, labels = laws.painted_batch(9)
    expected = cm.CutMix()(images, labels, seed=(1, 2))[1]
    for options in ({"attention": np.zeros([9, 7, 7], np.uint8)}, {}):
        if options:
            targets = cm.ObjectAware(cm.CutMix(), rule)(images, labels, **options, seed=(1, 2))[1]
        else:
            element = {"images": images, "labels": labels, "segmentation_masks": tf.zeros(images.shape[:3], tf.uint8)}
            targets = cm.ObjectAware(cm.CutMix(), rule, "masks")(element, seed=(1, 2))["labels"]
        np.testing.assert_array_equal(targets, expected)


@pytest.mark.parametrize("rule", RULES)
def test_images_are_those_of_the_mixer_and_unmixed_ones_keep_their_label(rule):
    mixer, batch = cases.WithMaps(cm.ObjectAware(cm.CutMix(prob=0.5), rule)), laws.numbered_batch()
    mixed, targets = mixer(*batch, seed=(1, 2))
    expected, area = cm.CutMix(prob=0.5)(*batch, seed=(1, 2))
    np.testing.assert_array_equal(mixed, expected)
    still = area[:, 0, 1].numpy() == 1
    assert 10 < still.sum() < 54
    np.testing.assert_array_equal(targets.numpy()[still, :, 1], [[1, 0]] * still.sum())


# ---- weights whose sum is not one ----


def test_semantic_weights_reach_every_form_of_target():
    (images, labels), maps = laws.painted_batch(8), np.random.default_rng(4).integers(1, 256, (8, 7, 7), np.uint8)
    mixer, options = cm.ObjectAware(cm.CutMix(), "semantic"), {"attention": maps, "seed": (1, 2)}
    pairs = mixer(images, labels, **options)[1].numpy()
    assert abs(pairs[:, :, 1].sum(axis=1) - 1).max() > 0.1
    soft = mixer(images, tf.one_hot(labels, 8), **options)[1]
    np.testing.assert_array_equal(soft, cm.targets.to_soft(pairs, 8))
    weights = np.random.default_rng(5).random(8).astype(np.float32)
    _, weighted, mixed = mixer(images, labels, weights, **options)
    both = weights[pairs[:, :, 0].astype(int)]
    np.testing.assert_allclose(mixed[:, None] * weighted[..., 1], pairs[..., 1] * both, rtol=1e-6)
    np.testing.assert_allclose(weighted.numpy()[..., 1].sum(axis=1), pairs[..., 1].sum(axis=1), rtol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_the_weighted_sum_of_both_losses(smoothing):
    pairs = np.float32([[[1, 0.25], [2, 0.5]], [[0, 1], [0, 1]], [[3, 0], [1, 0]]])
    scores = np.random.default_rng(6).normal(size=(3, 4)).astype(np.float32)
    loss = cm.MixedCrossentropy(label_smoothing=smoothing, reduction="none")
    alone = [np.asarray(loss(pairs[:, k, 0].astype(int), scores)) for k in range(2)]
    np.testing.assert_allclose(loss(pairs, scores), pairs[:, 0, 1] * alone[0] + pairs[:, 1, 1] * alone[1], rtol=1e-5)


def test_a_class_that_is_seen_twice_is_present_once():
    """For the binary loss a class can be present, not more than that; its gradient must not push beyond."""
    loss = cm.MixedBinaryCrossentropy(reduction="none")
    scores = np.float32([[2.0, -1.0]])
    twice, once = np.float32([[[0, 1], [0, 1]]]), np.int32([0])
    np.testing.assert_allclose(loss(twice, scores), loss(once, scores))


# ---- refusals ----

BAD = {
    "no mixer": (lambda: cm.ObjectAware("CutMix"), TypeError, "needs mixers of images"),
    "relabeled twice": (
        lambda: cm.ObjectAware(CompleteLabel(cm.CutMix())),
        ValueError,
        "needs mixers that don't relabel",
    ),
    "rule": (lambda: cm.ObjectAware(cm.CutMix(), "areas"), ValueError, "rule must be one of .* Did you mean 'area'"),
    "objects": (lambda: cm.ObjectAware(cm.CutMix(), objects="mask"), ValueError, "objects must be one of"),
    "inside OneOf": (lambda: cm.OneOf([cm.ObjectAware(cm.CutMix())]), ValueError, "needs mixers that don't relabel"),
}
IMAGES, LABELS = laws.painted_batch(4)
ELEMENT = {"images": IMAGES, "labels": LABELS}
BAD_CALLS = {
    "no maps": (cm.ObjectAware(cm.CutMix()), ELEMENT, ValueError, "needs an attention map"),
    "no masks": (cm.ObjectAware(cm.CutMix(), objects="masks"), ELEMENT, ValueError, "segmentation masks; got none"),
    "maps beside masks": (
        cm.ObjectAware(cm.CutMix(), objects="masks"),
        ELEMENT | {"attention": tf.ones([4, 7, 7])},
        ValueError,
        "does not use attention maps",
    ),
    "negative maps": (
        cm.ObjectAware(cm.CutMix()),
        ELEMENT | {"attention": -tf.ones([4, 7, 7])},
        tf.errors.InvalidArgumentError,
        "must not be negative",
    ),
}


@pytest.mark.parametrize(("make", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(("mixer", "element", "error", "message"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_calls_are_refused(mixer, element, error, message):
    with pytest.raises(error, match=message):
        mixer(element, seed=(0, 0))


def test_plans_without_maps_name_them():
    mixer, canvas = cm.ObjectAware(cm.CutMix()), Canvas(*map(tf.constant, (4, 8, 8)))
    with pytest.raises(ValueError, match="Pass attention"):
        mixer.label_weight(mixer.plan(canvas, (0, 0)), canvas)


def test_videos_count_their_frames():
    """The object moves out of the box in the second frame."""

    class LeftHalf(cm.CutMix):
        def plan(self, canvas, seed):
            return super().plan(canvas, seed)._replace(box=tf.constant([[0, 0, 4, 2]] * 2))

    masks = np.zeros([2, 2, 4, 4], np.uint8)
    masks[0, 0, 0, 0] = masks[0, 1, 0, 3] = masks[1, :, 0, 0] = 1
    element = {"images": tf.zeros([2, 2, 4, 4, 3]), "labels": tf.range(2), "segmentation_masks": masks}
    targets = cm.ObjectAware(LeftHalf(), objects="masks")(element, seed=(0, 0))["labels"]
    np.testing.assert_array_equal(targets[..., 1], np.float32([[1 / 3, 1 - np.float32(1 / 3)], [0, 1]]))
