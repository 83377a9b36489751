"""Attentive CutMix: which cells are chosen, how they lie on the picture, and what it refuses."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as some

import cutmix_tf as cm
from cutmix_tf._cells import cell_edges, cell_of_pixels, pool_cells, spread_cells
from cutmix_tf.mixing import Plan, apply_plan, own_weight, top_cells

SEED = (2, 7)


def batch(count=5, height=32, width=32):
    numbers = tf.reshape(tf.range(count), [-1, 1, 1, 1])
    return tf.cast(tf.broadcast_to(numbers, [count, height, width, 3]), tf.uint8), tf.range(count)


# ---- which cells ----


def test_top_cells_of_maps_drawn_by_hand():
    maps = tf.constant([[[0, 5, 1], [9, 2, 7]], [[1, 1, 1], [1, 1, 1]], [[-3, -1, 0], [-1, -1, -2]]], tf.float32)
    chosen = top_cells(maps, tf.constant([2, 3, 3]))
    expected = [[[0, 0, 0], [1, 0, 1]], [[1, 1, 1], [0, 0, 0]], [[0, 1, 1], [1, 0, 0]]]
    np.testing.assert_array_equal(chosen, np.array(expected, bool))


@given(some.lists(some.integers(0, 5), min_size=49, max_size=49), some.integers(1, 49))
def test_top_cells_are_those_of_a_stable_sort(values, count):
    chosen = np.asarray(top_cells(tf.reshape(tf.constant(values, tf.float32), [1, 7, 7]), tf.constant([count])))
    expected = sorted(range(49), key=lambda cell: (-values[cell], cell))[:count]
    assert sorted(np.flatnonzero(chosen).tolist()) == sorted(expected)


@pytest.mark.parametrize("height", [32, 64, 96, 224])
def test_all_cells_make_the_image_its_partner(height):
    images, labels = batch(height=height)
    maps = tf.random.stateless_uniform([5, 7, 7], SEED)
    mixed, targets = cm.AttentiveCutMix(top_n=49)(images, labels, attention=maps, seed=SEED)
    np.testing.assert_array_equal(targets[:, :, 1], [[0, 1]] * 5)
    np.testing.assert_array_equal(mixed, tf.gather(images, tf.cast(targets[:, 1, 0], tf.int32)))


@pytest.mark.parametrize("top_n", range(1, 16))
def test_even_cells_weigh_what_the_paper_says(top_n):
    images, labels = batch(height=224, width=224)
    maps = tf.random.stateless_uniform([5, 7, 7], SEED)
    _, targets = cm.AttentiveCutMix(top_n=top_n)(images, labels, attention=maps, seed=SEED)
    np.testing.assert_allclose(targets[:, 1, 1], top_n / 49, rtol=0, atol=1e-7)


def test_cells_come_from_the_partner_s_map_and_stay_in_place():
    """Each map has one bright cell of its own, so the pasted place tells whose map was read."""
    images, labels = batch()
    maps = tf.reshape(tf.one_hot([3, 48, 10, 25, 30], 49), [5, 7, 7])
    mixed, targets = cm.AttentiveCutMix(top_n=1)(images, labels, attention=maps, seed=SEED)
    edges = [0, 5, 10, 14, 19, 23, 28, 32]
    for image, (own, partner) in zip(mixed.numpy(), targets[:, :, 0].numpy().astype(int), strict=True):
        row, column = divmod(int(np.argmax(maps[partner])), 7)
        expected = np.full([32, 32, 3], own)
        expected[edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = partner
        np.testing.assert_array_equal(image, expected)


def test_number_of_cells_is_drawn():
    images, labels = batch(count=600, height=7, width=7)
    maps = tf.random.stateless_uniform([600, 7, 7], SEED)
    mixer = cm.AttentiveCutMix(top_n=None, alpha=2.0)
    _, targets = mixer(tf.cast(images, tf.float32), labels, attention=maps, seed=SEED)
    cells = np.rint(49 * targets[:, 1, 1].numpy()).astype(int)
    expected = np.floor(49 * np.random.default_rng(0).beta(2, 2, 100_000)).clip(1)
    assert cells.min() >= 1
    np.testing.assert_allclose(np.quantile(cells, [0.1, 0.5, 0.9]), np.quantile(expected, [0.1, 0.5, 0.9]), atol=3)
    assert len(np.unique(cells)) > 30
    for_all = cm.AttentiveCutMix(top_n=None, alpha=2.0, per="batch")(images, labels, attention=maps, seed=SEED)[1]
    assert len(np.unique(for_all[:, 1, 1])) == 1


def test_a_box_and_cells_hold_together():
    """A plan's region is the part of its box that lies in its cells, counted and pasted alike."""
    images = tf.reshape(tf.range(2 * 9 * 5, dtype=tf.float32), [2, 9, 5, 1])
    plan = Plan(
        box=tf.constant([[1, 1, 8, 4], [0, 0, 0, 0]]),
        partner=tf.constant([1, 0]),
        cells=tf.constant([[[True, False], [False, True]]] * 2),
    )
    mask = np.zeros([2, 9, 5], bool)
    mask[0, 1:5, 1:3] = mask[0, 5:8, 3:4] = True  # rows 0-4 and 5-8, columns 0-2 and 3-4
    np.testing.assert_array_equal(apply_plan(plan, images)[..., 0] != images[..., 0], mask)
    np.testing.assert_allclose(own_weight(plan, 9, 5), 1 - mask.mean(axis=(1, 2)), rtol=1e-7)


@pytest.mark.parametrize("columns", [1, 8, 9, 20])
def test_masks_hold_for_any_number_of_columns(columns):
    cells = tf.random.stateless_uniform([3, 4, columns], SEED) > 0.5
    images = tf.ones([3, 11, 23, 2])
    plan = Plan(tf.constant([[0, 0, 11, 23]] * 3), cells=cells, erased=tf.ones([3], tf.bool), fill=tf.zeros([3, 1]))
    mixed = apply_plan(plan, images)
    np.testing.assert_array_equal(mixed[..., 1] == 0, spread_cells(cells, 11, 23))


# ---- cells and pixels ----


@given(some.integers(1, 60), some.integers(1, 200))
def test_cells_part_the_pixels(cells, pixels):
    owner, edges = cell_of_pixels(cells, pixels).numpy(), cell_edges(cells, pixels).numpy()
    assert (edges[0], edges[-1]) == (0, pixels)
    lengths = np.bincount(owner, minlength=cells)
    np.testing.assert_array_equal(lengths, np.diff(edges))
    assert lengths.max() - lengths.min() <= 1


def test_seven_cells_on_32_pixels():
    np.testing.assert_array_equal(np.diff(cell_edges(7, 32)), [5, 5, 4, 5, 4, 5, 4])


@given(some.integers(1, 9), some.integers(1, 9), some.integers(0, 20), some.integers(0, 20))
def test_pooling_undoes_spreading(rows, columns, more_rows, more_columns):
    maps = tf.cast(tf.random.stateless_uniform([2, rows, columns], SEED, 0, 256, tf.int32), tf.uint8)
    pixels = spread_cells(maps, rows + more_rows, columns + more_columns)
    np.testing.assert_array_equal(pool_cells(pixels, (rows, columns)), maps)


def test_pooling_is_the_mean_of_a_cell_and_nothing_where_it_has_no_pixel():
    pixels = tf.constant([[[1, 2, 6], [3, 4, 8]]], tf.uint8)
    np.testing.assert_array_equal(pool_cells(pixels, (1, 2)), [[[2.5, 7]]])
    np.testing.assert_array_equal(pool_cells(pixels, (4, 1)), [[[3], [0], [5], [0]]])


# ---- forms and refusals ----


def test_dicts_are_mixed_like_arguments_and_the_map_is_used_up():
    images, labels = batch()
    maps, masks = tf.random.stateless_uniform([5, 7, 7], SEED), tf.cast(images[..., 0], tf.int32)
    expected = cm.AttentiveCutMix()(images, labels, attention=maps, seed=SEED)
    element = {"images": images, "labels": labels, "attention": maps, "segmentation_masks": masks}
    mixed = cm.AttentiveCutMix()(element, seed=SEED)
    assert mixed.keys() == {"images", "labels", "segmentation_masks"}
    np.testing.assert_array_equal(mixed["images"], expected[0])
    np.testing.assert_array_equal(mixed["labels"], expected[1])
    np.testing.assert_array_equal(mixed["segmentation_masks"], mixed["images"][..., 0])


@pytest.mark.parametrize("dtype", ["uint8", "float16", "bfloat16", "float32"])
def test_maps_of_any_dtype_choose_alike(dtype):
    images, labels = batch()
    maps = tf.random.stateless_uniform([5, 7, 7], SEED, 0, 200, tf.int32)
    expected = cm.AttentiveCutMix()(images, labels, attention=tf.cast(maps, tf.float32), seed=SEED)
    mixed = cm.AttentiveCutMix()(images, labels, attention=tf.cast(maps, dtype), seed=SEED)
    np.testing.assert_array_equal(mixed[0], expected[0])


BAD_SETTINGS = [
    (dict(top_n=0), ValueError, "top_n must be at least 1"),
    (dict(top_n=-1), ValueError, "top_n"),
    (dict(top_n=2.5), TypeError, "whole number"),
    (dict(top_n=None), ValueError, "either top_n or alpha"),
    (dict(alpha=2.0), ValueError, "top_n=None, alpha=2.0"),
    (dict(top_n=None, alpha=0.0), ValueError, "alpha must be above 0"),
    (dict(prob=1.5), ValueError, "prob"),
    (dict(per="pixel"), ValueError, "per must be one of"),
]


@pytest.mark.parametrize(("settings", "error", "message"), BAD_SETTINGS, ids=str)
def test_settings_out_of_range_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        cm.AttentiveCutMix(**settings)


IMAGES, LABELS = batch()
MAPS = tf.ones([5, 7, 7])
BAD_MAPS = [
    (None, ValueError, "needs each picture's attention map"),
    (tf.ones([5, 7]), ValueError, r"\(batch, rows, columns\)"),
    (tf.ones([5, 7, 7, 1]), ValueError, r"\(batch, rows, columns\)"),
    (tf.ones([5, 2, 2]), ValueError, "at most the number of cells in a map, 4; got 6"),
    (tf.ones([5, 0, 7]), ValueError, "known number of cells"),
    (tf.ones([4, 7, 7]), ValueError, "same batch size"),
    (tf.ones([5, 7, 7], tf.float64), TypeError, "got float64. Cast"),
    (tf.ones([5, 7, 7], tf.int64), TypeError, "got int64. Cast"),
    (MAPS * float("nan"), tf.errors.InvalidArgumentError, "must be finite"),
]


@pytest.mark.parametrize(("maps", "error", "message"), BAD_MAPS, ids=lambda value: str(value)[:40])
def test_maps_that_say_nothing_are_refused(maps, error, message):
    with pytest.raises(error, match=message):
        cm.AttentiveCutMix()(IMAGES, LABELS, attention=maps, seed=SEED)


def test_maps_with_unknown_cells_are_refused_when_traced():
    spec = [tf.TensorSpec([None, 32, 32, 3]), tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, None, None])]
    mix = tf.function(lambda images, labels, maps: cm.AttentiveCutMix()(images, labels, attention=maps))
    with pytest.raises(ValueError, match="known number of cells"):
        mix.get_concrete_function(*spec)


@pytest.mark.parametrize("mixer", [cm.CutMix(), cm.OneOf([cm.MixUp(), cm.Cutout(size=4)])], ids=repr)
def test_maps_that_nobody_reads_are_refused(mixer):
    with pytest.raises(ValueError, match="does not use attention maps"):
        mixer(IMAGES, LABELS, attention=MAPS)
    with pytest.raises(ValueError, match="does not use attention maps"):
        mixer({"images": IMAGES, "labels": LABELS, "attention": MAPS})


def test_a_dict_and_a_map_beside_it_are_refused():
    with pytest.raises(TypeError, match="either a dict"):
        cm.AttentiveCutMix()({"images": IMAGES, "labels": LABELS}, attention=MAPS)
