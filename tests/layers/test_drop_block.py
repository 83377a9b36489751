"""DropBlock: which cells it drops, by how much it scales the rest, and its rate."""

import itertools

import keras
import numpy as np
import pytest
from helpers.layers_at_work import infer, ones, train
from helpers.small_models import some
from keras import ops

from cutmix_tf.layers import DropBlock
from cutmix_tf.layers._drop_block import seed_rates

# --- which cells -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("block_size", [1, 4, 7])
@pytest.mark.parametrize("drop_rate", [0.1, 0.4])
@pytest.mark.parametrize("size", [(7, 7), (14, 14), (16, 8)])
def test_the_share_of_dropped_cells_is_the_drop_rate(size, drop_rate, block_size):
    dropped = train(DropBlock(drop_rate, block_size, seed=0), ones(100, *size, 200)) == 0
    assert dropped.mean() == pytest.approx(drop_rate, rel=0.03)


@pytest.mark.parametrize("drop_rate", [0.05, 0.5, 0.9])
def test_the_probability_of_a_block_is_exact(drop_rate):
    """Against all 2⁹ ways to place blocks of 2 × 2 in a map of 4 × 4."""
    (chance,) = seed_rates(np.array([drop_rate]), (4, 4), (2, 2))
    share = 0
    for places in itertools.product([False, True], repeat=9):
        dropped = np.zeros((4, 4), bool)
        for row, column in np.argwhere(np.reshape(places, (3, 3))):
            dropped[row : row + 2, column : column + 2] = True
        share += dropped.mean() * chance ** sum(places) * (1 - chance) ** (9 - sum(places))
    assert share == pytest.approx(drop_rate, rel=1e-9)


@pytest.mark.parametrize(
    ("size", "block_size", "block"),
    [((9, 6), 3, (3, 3)), ((3, 8), 5, (3, 5)), ((2, 2), 7, (2, 2)), ((5, 4), 1, (1, 1))],
)
def test_dropped_cells_form_whole_blocks_inside_the_map(size, block_size, block):
    dropped = train(DropBlock(0.3, block_size, seed=1), ones(50, *size, 3)) == 0
    in_blocks = np.zeros_like(dropped)
    rows, columns = block
    for row, column in np.ndindex(size[0] - rows + 1, size[1] - columns + 1):
        place = np.s_[:, row : row + rows, column : column + columns]
        in_blocks[place] |= dropped[place].all(axis=(1, 2), keepdims=True)
    np.testing.assert_array_equal(dropped, in_blocks)
    assert dropped.any()
    assert not dropped.all()


def test_every_position_is_as_likely_as_any_other():
    # Blocks of 2 in a row of 5 cells begin at 4 places; the outermost cells are covered by one place only.
    dropped = train(DropBlock(0.2, 2, seed=2), ones(100, 1, 5, 400)) == 0
    (chance,) = seed_rates(np.array([0.2]), (1, 5), (1, 2))
    expected = 1 - (1 - chance) ** np.array([1, 2, 2, 2, 1])
    np.testing.assert_allclose(dropped.mean(axis=(0, 1, 3)), expected, rtol=0.03)


def test_channels_have_blocks_of_their_own_or_share_them():
    def channels_differ(per_channel):
        dropped = train(DropBlock(0.3, 3, per_channel, seed=3), ones(20, 8, 8, 4)) == 0
        return (dropped != dropped[..., :1]).any()

    assert channels_differ(per_channel=True)
    assert not channels_differ(per_channel=False)


def test_examples_and_calls_draw_blocks_of_their_own_and_a_seed_repeats_them():
    x, layer = ones(2, 8, 8, 4), DropBlock(0.3, 3, seed=4)
    first, second = train(layer, x), train(layer, x)
    assert (first != second).any()
    assert (first[0] != first[1]).any()
    np.testing.assert_array_equal(train(DropBlock(0.3, 3, seed=4), x), first)


# --- what is left ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_channel", [True, False])
def test_what_is_left_is_scaled_by_all_over_kept(per_channel):
    x = some(6, 9, 5, 8)
    result = train(DropBlock(0.3, 3, per_channel, seed=5), x)
    kept = result != 0
    np.testing.assert_allclose(result, np.where(kept, x * kept.size / kept.sum(), 0), rtol=1e-5)


@pytest.mark.parametrize(("drop_rate", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_nothing_or_everything_may_be_dropped(drop_rate, expected):
    for x in (ones(2, 5, 6, 3), ones(2, 2, 2, 3)):
        np.testing.assert_array_equal(train(DropBlock(drop_rate, 3), x), expected * x)


def test_gradients_are_scaled_as_the_cells_are():
    tf = pytest.importorskip("tensorflow")
    if keras.config.backend() != "tensorflow":
        pytest.skip("reads gradients from TensorFlow's tape")
    x, layer = tf.constant(some(4, 6, 6, 3)), DropBlock(0.3, 2, seed=6)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    np.testing.assert_allclose(tape.gradient(y, x), y / x, rtol=1e-5)


@pytest.mark.parametrize("factor", [0.0, 0.01, 0.5, 0.99])
def test_the_rate_factor_multiplies_the_drop_rate(factor):
    layer, x = DropBlock(0.4, 4, seed=7), ones(100, 14, 14, 200)
    train(layer, x)
    layer.rate_factor.assign(factor)
    assert (train(layer, x) == 0).mean() == pytest.approx(0.4 * factor, rel=0.04, abs=1e-9)


def test_drop_block_does_nothing_in_inference():
    x = some(3, 4, 4, 2)
    np.testing.assert_array_equal(infer(DropBlock(0.9, 2), x), x)
    np.testing.assert_array_equal(DropBlock(0.9, 2)(x), x)  # inference is the default


def test_drop_block_drops_its_share_in_mixed_precision():
    layer = DropBlock(0.1, 7, dtype="mixed_bfloat16", seed=0)
    dropped = ops.convert_to_numpy(ops.cast(layer(ones(100, 14, 14, 200), training=True), "float32")) == 0
    assert dropped.mean() == pytest.approx(0.1, rel=0.03)
