"""ResizeMix: the draws, what is pasted, to the bit, and masks, videos and objects that are shrunk along."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws
from helpers.execution import op_by_op
from helpers.oracle import picked, shrunk

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, Plan, apply_plan

SEED = (1, 2)


def boxes(mixer, count, height, width):
    """Top, left, bottom and right of `count` planned boxes."""
    return mixer.plan(Canvas(*map(tf.constant, (count, height, width))), SEED).box.numpy().T


def test_sides_are_uniform_and_places_are_inside():
    top, left, bottom, right = boxes(cm.ResizeMix(), 4000, 100, 50)
    assert (top >= 0).all() and (left >= 0).all() and (bottom <= 100).all() and (right <= 50).all()  # noqa: PT018
    sides = bottom - top
    assert set(sides) <= set(range(10, 81))
    np.testing.assert_allclose(np.quantile(sides, [0.1, 0.5, 0.9]), [17, 45, 73], atol=2)
    assert abs((right - left) - sides / 2).max() <= 0.5
    np.testing.assert_allclose(np.mean(top / (100 - sides)), 0.5, atol=0.02)


def test_a_batch_can_share_its_box():
    assert len(np.unique(np.stack(boxes(cm.ResizeMix(per="batch"), 50, 32, 32)), axis=1).T) == 1


def test_partners_are_shrunk_whole():
    with op_by_op():
        laws.boxes_show_the_whole_partner(cm.ResizeMix())


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("size", [(13, 21), (1, 9), (32, 32)], ids=str)
def test_pasted_pixels_are_the_oracles(dtype, size):
    chance = np.random.default_rng(0)
    images = chance.integers(-100 if dtype == "int8" else 0, 120, (6, *size, 3))
    images = tf.cast(tf.constant(images if "int" in dtype else images + chance.random(images.shape)), dtype)
    with op_by_op():
        mixed, targets = cm.ResizeMix(scale=(0.1, 1.0))(images, tf.range(6), seed=SEED)
    plan = cm.ResizeMix(scale=(0.1, 1.0)).plan(Canvas(*map(tf.constant, (6, *size))), SEED)
    values = np.asarray(tf.cast(images, tf.float64))
    for example, ((top, left, bottom, right), other) in enumerate(
        zip(plan.box.numpy(), plan.partner.numpy(), strict=True)
    ):
        pasted = shrunk(values[other], bottom - top, right - left)
        expected = values[example].copy()
        expected[top:bottom, left:right] = np.rint(pasted) if "int" in dtype else tf.cast(pasted, dtype)
        np.testing.assert_allclose(tf.cast(mixed[example], tf.float64), expected, rtol=0 if "int" in dtype else 2e-7)
        assert targets[example, 1, 0] == other


def test_large_bytes_are_averaged_exactly():
    """Sums of more than 2**24 need more than float32."""
    images = tf.cast(tf.random.stateless_uniform([2, 300, 290, 1], SEED, 240, 256, tf.int32), tf.uint8)
    plan = Plan(
        box=tf.constant([[0, 0, 1, 1], [0, 0, 3, 7]]),
        partner=tf.constant([1, 0]),
        source=tf.constant([[0, 0, 300, 290]] * 2),
    )
    with op_by_op():
        mixed = apply_plan(plan, images).numpy()
    for example, (height, width) in enumerate([(1, 1), (3, 7)]):
        pasted = np.rint(shrunk(images.numpy()[1 - example], height, width))
        np.testing.assert_array_equal(mixed[example, :height, :width], pasted)


def test_compiled_halves_are_rounded_to_even():
    """28 pixels: XLA multiplies by the reciprocal of a constant area, with which 3.5 came out below a half."""
    images = np.random.default_rng(0).integers(0, 256, (6, 28, 28, 3), np.uint8)
    mixer = cm.ResizeMix(scale=(0.5, 0.5))
    mixed = mixer(images, tf.range(6), seed=SEED)[0].numpy()
    plan = mixer.plan(Canvas(*map(tf.constant, (6, 28, 28))), SEED)
    for example, ((top, left, bottom, right), other) in enumerate(
        zip(plan.box.numpy(), plan.partner.numpy(), strict=True)
    ):
        pasted = images[other].reshape(14, 2, 14, 2, 3).mean(axis=(1, 3))  # fourths, so exact
        np.testing.assert_array_equal(mixed[example, top:bottom, left:right], np.rint(pasted))


def test_equal_boxes_copy_every_bit():
    images = tf.constant(np.random.default_rng(0).normal(size=(4, 9, 8, 3)) * 1e30)
    box, partner = tf.constant([[1, 2, 9, 8]] * 4), tf.constant([1, 2, 3, 0])
    with op_by_op():
        moved, pasted = (apply_plan(Plan(box, partner, source=source), images) for source in (box, None))
    np.testing.assert_array_equal(moved, pasted)


def test_a_part_of_the_partner_can_be_resized():
    images = np.random.default_rng(0).normal(size=(2, 10, 12, 2))
    source, box = [2, 3, 9, 12], [4, 0, 8, 5]
    plan = Plan(tf.constant([box] * 2), tf.constant([1, 0]), source=tf.constant([source] * 2))
    with op_by_op():
        mixed = apply_plan(plan, tf.constant(images)).numpy()
    for example in range(2):
        expected = shrunk(images[1 - example, 2:9, 3:12], 4, 5)
        np.testing.assert_allclose(mixed[example, 4:8, 0:5], expected, rtol=1e-12)


def test_masks_take_the_nearest_pixel_and_videos_shrink_each_frame():
    chance = np.random.default_rng(3)
    videos, masks = (
        chance.integers(0, 256, (5, 2, 11, 14, 3), np.uint8),
        chance.integers(0, 9, (5, 2, 11, 14), np.int32),
    )
    element = {"images": videos, "labels": tf.range(5), "segmentation_masks": masks}
    with op_by_op():
        mixed = cm.ResizeMix()(element, seed=SEED)
    plan = cm.ResizeMix().plan(Canvas(*map(tf.constant, (5, 11, 14))), SEED)
    for example, ((top, left, bottom, right), other) in enumerate(
        zip(plan.box.numpy(), plan.partner.numpy(), strict=True)
    ):
        for frame in range(2):
            size = bottom - top, right - left
            image, mask = mixed["images"].numpy()[example, frame], mixed["segmentation_masks"].numpy()[example, frame]
            np.testing.assert_array_equal(image[top:bottom, left:right], np.rint(shrunk(videos[other, frame], *size)))
            np.testing.assert_array_equal(mask[top:bottom, left:right], picked(masks[other, frame], *size))


@pytest.mark.parametrize("rule", ["area", "semantic"])
def test_objects_are_seen_at_the_size_that_they_are_pasted(rule):
    with op_by_op():
        if rule == "area":
            laws.labels_describe_the_objects(cm.ObjectAware(cm.ResizeMix(), rule, "masks"), rule)
        images, labels = laws.painted_batch(12)
        maps = np.random.default_rng(1).integers(0, 256, (12, 7, 7), np.uint8)
        _, targets = cm.ObjectAware(cm.ResizeMix(), rule)(images, labels, attention=maps, seed=SEED)
        _, area = cm.ResizeMix()(images, labels, seed=SEED)
    if rule == "semantic":  # about the share of pixels: all of the partner's object is there, shrunk
        np.testing.assert_allclose(targets[:, 1, 1], area[:, 1, 1], rtol=0, atol=0.03)


BAD = {
    "one side": (dict(scale=(0.5,)), ValueError, "smallest and the largest"),
    "falling": (dict(scale=(0.8, 0.1)), ValueError, "smallest and the largest"),
    "nothing": (dict(scale=(0, 0.5)), ValueError, "scale must be above 0"),
    "more than all": (dict(scale=(0.5, 1.5)), ValueError, "at most 1"),
    "a number": (dict(scale=0.5), TypeError, "list or a tuple"),
    "prob": (dict(prob=2), ValueError, "prob"),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        cm.ResizeMix(**settings)
