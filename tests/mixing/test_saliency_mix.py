"""SaliencyMix: the saliency of images, by an independent version of it, and boxes around its peak."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws
from helpers.execution import op_by_op
from helpers.oracle import fine_grained_saliency, object_weights

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, saliency_maps

SEED = (1, 2)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (13, 9), (30, 20)], ids=str)
def test_saliency_is_that_of_the_oracle(size):
    images = np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8)
    images[1] //= 8  # a dark one, so that rounding matters
    with op_by_op():
        maps = saliency_maps(tf.constant(images)).numpy()
    np.testing.assert_array_equal(maps, [fine_grained_saliency(image) for image in images])


def test_compiled_saliency_is_the_same():
    """XLA multiplies by the reciprocals of windows' sizes, with which some whole quotients came out just below."""
    images = tf.constant(np.random.default_rng(0).integers(0, 256, (32, 60, 60, 3), np.uint8))
    compiled = tf.function(saliency_maps, jit_compile=True)(images)
    with op_by_op():
        np.testing.assert_array_equal(compiled, saliency_maps(images))


@pytest.mark.parametrize("dtype", ["int32", "float16", "float32", "float64"])
def test_other_dtypes_are_scaled_to_their_own_range(dtype):
    images = np.random.default_rng(0).integers(0, 256, (3, 9, 11, 1), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = 0, 255
    scaled = tf.cast(images, dtype) if dtype == "int32" else tf.cast(images, dtype) / 256 - 0.5
    with op_by_op():
        np.testing.assert_array_equal(saliency_maps(scaled), saliency_maps(tf.constant(images)))


def test_values_that_are_not_finite_and_flat_images_are_harmless():
    images = np.full((2, 5, 6, 3), 7, np.float32)
    images[0, 2, 3] = np.nan
    with op_by_op():
        maps = saliency_maps(tf.constant(images)).numpy()
    assert maps[0, 2, 3] == maps[0].max() == 255
    assert not maps[1].any()


def test_what_is_pasted_is_salient():
    mixer = cm.SaliencyMix(saliency="attention")
    with op_by_op():
        laws.salient_places_are_pasted(
            lambda images, labels, seed: mixer(images, labels, attention=images[..., 2], seed=seed)
        )


@pytest.mark.parametrize("grid", [(7, 7), (3, 5), (32, 20)])
def test_boxes_are_centered_on_the_largest_cell(grid):
    maps = np.random.default_rng(1).permutation(40 * grid[0] * grid[1]).reshape(40, *grid).astype(np.float32)
    mixer = cm.SaliencyMix(alpha=3.0, saliency="attention")
    with op_by_op():
        plan = mixer.plan(Canvas(*map(tf.constant, (40, 32, 20)), tf.constant(maps)), SEED)
    for (top, left, bottom, right), other in zip(plan.box.numpy(), plan.partner.numpy(), strict=True):
        cell = np.unravel_index(maps[other].argmax(), grid)
        for first, end, which, cells, size in (
            (top, bottom, cell[0], grid[0], 32),
            (left, right, cell[1], grid[1], 20),
        ):
            pixels = np.flatnonzero(np.arange(size) * cells // size == which)
            if first > 0 and end < size and end > first:
                assert (first + end) // 2 == (pixels[0] + pixels[-1] + 1) // 2


def test_equal_values_rank_by_row_then_by_column():
    maps = np.zeros((2, 4, 4), np.float32)
    maps[:, 1, 2] = maps[:, 1, 3] = maps[:, 2, 0] = 1
    with op_by_op():
        plan = cm.SaliencyMix(saliency="attention").plan(
            Canvas(*map(tf.constant, (2, 40, 40)), tf.constant(maps)), SEED
        )
    centers = (plan.box[:, :2] + plan.box[:, 2:]) // 2
    assert [15, 25] in centers.numpy().tolist()


def test_sizes_are_those_of_cutmix():
    """Boxes around the middle are hardly ever clipped, and cover what λ leaves."""
    maps = np.zeros((3000, 3, 3), np.float32)
    maps[:, 1, 1] = 1
    canvas = Canvas(*map(tf.constant, (3000, 400, 400)), tf.constant(maps))
    with op_by_op():
        box = cm.SaliencyMix(alpha=0.5, saliency="attention").plan(canvas, SEED).box.numpy()
    share = np.prod(box[:, 2:] - box[:, :2], axis=1) / 400**2
    quantiles = [0.2, 0.5, 0.8]
    expected = np.quantile(np.random.default_rng(0).beta(0.5, 0.5, 100_000), quantiles)
    np.testing.assert_allclose(np.quantile(share, quantiles), expected, atol=0.05)


@pytest.mark.parametrize("rule", ["area", "semantic"])
def test_saliency_can_say_where_objects_are(rule):
    images = np.random.default_rng(5).integers(0, 256, (6, 9, 10, 3), np.uint8)
    with op_by_op():
        mixed, targets = cm.ObjectAware(cm.CutMix(), rule, "saliency")(images, tf.range(6), seed=SEED)
    maps = [fine_grained_saliency(image) for image in images]
    for example, target in enumerate(targets.numpy()):
        kept = (mixed.numpy()[example] == images[example]).all(axis=2)
        expected = object_weights(kept, maps[example], maps[int(target[1, 0])], rule)
        np.testing.assert_allclose(target[:, 1], expected, rtol=0, atol=1e-5)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="saliency must be one of"):
        cm.SaliencyMix(saliency="image")
    with pytest.raises(ValueError, match="needs an attention map"):
        cm.SaliencyMix(saliency="attention")(*laws.painted_batch(3))
    with pytest.raises(ValueError, match="without saliency"):
        cm.SaliencyMix().plan(Canvas(*map(tf.constant, (2, 4, 4))), SEED)
