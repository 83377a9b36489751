"""Attentive CutMix: which cells are chosen, where they are pasted, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as some

import cutmix_tf as cm
from cutmix_tf.mixing import top_cells

SEED = (2, 7)


def batch(count=5, height=32, width=32):
    numbers = tf.reshape(tf.range(count), [-1, 1, 1, 1])
    return tf.cast(tf.broadcast_to(numbers, [count, height, width, 3]), tf.uint8), tf.range(count)


# ---- which cells ----


def test_top_cells_by_hand():
    maps = tf.constant([[[0, 5, 1], [9, 2, 7]], [[1, 1, 1], [1, 1, 1]], [[-3, -1, 0], [-1, -1, -2]]], tf.float32)
    chosen = top_cells(maps, tf.constant([2, 3, 3]))
    expected = [[[0, 0, 0], [1, 0, 1]], [[1, 1, 1], [0, 0, 0]], [[0, 1, 1], [1, 0, 0]]]
    np.testing.assert_array_equal(chosen, np.array(expected, bool))


@settings(max_examples=50, deadline=None)
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


@pytest.mark.parametrize("top_n", [1, 6, 15])
def test_even_cells_have_the_papers_weight(top_n):
    images, labels = batch(height=224, width=224)
    maps = tf.random.stateless_uniform([5, 7, 7], SEED)
    _, targets = cm.AttentiveCutMix(top_n=top_n)(images, labels, attention=maps, seed=SEED)
    np.testing.assert_allclose(targets[:, 1, 1], top_n / 49, rtol=0, atol=1e-7)


def test_cells_come_from_the_partners_map_and_stay_in_place():
    """Each map has one bright cell of its own, so the place of the paste shows whose map was used."""
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


# ---- forms and refusals ----


def test_dicts_are_mixed_like_arguments_and_the_map_is_dropped():
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
    (None, ValueError, "needs an attention map for each image"),
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
def test_bad_maps_are_refused(maps, error, message):
    with pytest.raises(error, match=message):
        cm.AttentiveCutMix()(IMAGES, LABELS, attention=maps, seed=SEED)


def test_maps_with_unknown_cells_are_refused_when_traced():
    spec = [tf.TensorSpec([None, 32, 32, 3]), tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, None, None])]
    mix = tf.function(lambda images, labels, maps: cm.AttentiveCutMix()(images, labels, attention=maps))
    with pytest.raises(ValueError, match="known number of cells"):
        mix.get_concrete_function(*spec)


@pytest.mark.parametrize("mixer", [cm.CutMix(), cm.OneOf([cm.MixUp(), cm.Cutout(size=4)])], ids=repr)
def test_maps_that_are_not_used_are_refused(mixer):
    with pytest.raises(ValueError, match="does not use attention maps"):
        mixer(IMAGES, LABELS, attention=MAPS)
    with pytest.raises(ValueError, match="does not use attention maps"):
        mixer({"images": IMAGES, "labels": LABELS, "attention": MAPS})


def test_a_dict_and_a_map_beside_it_are_refused():
    with pytest.raises(TypeError, match="either a dict"):
        cm.AttentiveCutMix()({"images": IMAGES, "labels": LABELS}, attention=MAPS)
