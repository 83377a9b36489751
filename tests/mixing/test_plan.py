"""Plans: masks by hand, counted shares, and what happens without a partner."""

import numpy as np
import pytest
import tensorflow as tf

from cutmix_tf._cells import spread_cells
from cutmix_tf.mixing import Erase, Plan, apply_plan, own_weight


def test_a_box_by_hand():
    plan = Plan(box=tf.constant([[1, 0, 3, 2], [0, 0, 0, 0]]), partner=tf.constant([1, 0]))
    images = tf.constant([[[0] * 5] * 4, [[1] * 5] * 4])[..., None]
    np.testing.assert_array_equal(
        apply_plan(plan, images)[0, ..., 0],
        [
            [0, 0, 0, 0, 0],
            [1, 1, 0, 0, 0],
            [1, 1, 0, 0, 0],
            [0, 0, 0, 0, 0],
        ],
    )
    np.testing.assert_array_equal(own_weight(plan, 4, 5), np.float32([0.8, 1.0]))


def test_box_and_cells_together():
    """A plan's region is the part of its box that lies in its cells, both for pixels and for weights."""
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
def test_cells_work_for_any_number_of_columns(columns):
    cells = tf.random.stateless_uniform([3, 4, columns], (2, 7)) > 0.5
    erase = Erase(tf.ones([3], tf.bool), fill=tf.zeros([3, 1]))
    plan = Plan(tf.constant([[0, 0, 11, 23]] * 3), cells=cells, erase=(erase,))
    mixed = apply_plan(plan, tf.ones([3, 11, 23, 2]))
    np.testing.assert_array_equal(mixed[..., 1] == 0, spread_cells(cells, 11, 23))


def erase_or_paste():
    """The first image is erased with 7 and 8, the second gets a box of the first, the third one of its own."""
    return Plan(
        box=tf.constant([[0, 0, 1, 2], [0, 0, 2, 1], [0, 0, 2, 2]]),
        partner=tf.constant([1, 0, 2]),
        erase=(Erase(tf.constant([True, False, False]), fill=tf.constant([[7.0, 8.0]])),),
    )


def test_some_are_erased_and_others_mixed():
    images = tf.reshape(tf.range(3 * 2 * 3 * 2), [3, 2, 3, 2])
    expected = images.numpy()
    expected[0, 0, :2] = [7, 8]
    expected[1, :, 0] = images[0, :, 0]
    np.testing.assert_array_equal(apply_plan(erase_or_paste(), images), expected)
    np.testing.assert_allclose(own_weight(erase_or_paste(), 2, 3), [1, 4 / 6, 2 / 6], rtol=1e-7)


def test_what_is_erased_is_not_mixed():
    box = erase_or_paste().mixing_only().box
    np.testing.assert_array_equal(box, [[0, 0, 0, 0], [0, 0, 2, 1], [0, 0, 2, 2]])


def test_who_is_their_own_partner_is_left_alone_but_may_be_erased():
    plan = erase_or_paste()._replace(partner=tf.constant([0, 0, 2])).without_self_pairs()
    np.testing.assert_array_equal(plan.box, [[0, 0, 1, 2], [0, 0, 2, 1], [0, 0, 0, 0]])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_share_of_nothing_brings_nothing_in(dtype, bad):
    """Neither a partner of weight 0 nor an own image of weight 0 can poison a blend."""
    good = tf.cast(tf.fill([1, 2, 2, 1], 1 / 3), dtype)
    images = tf.concat([good, tf.cast(tf.fill([1, 2, 2, 1], bad), dtype)], axis=0)
    plan = Plan(box=tf.constant([[0, 0, 2, 2]] * 2), partner=tf.constant([1, 0]), own_share=tf.constant([1.0, 0.0]))
    np.testing.assert_array_equal(apply_plan(plan, images), tf.concat([good, good], axis=0))
