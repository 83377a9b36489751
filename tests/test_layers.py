"""Regularizing layers: what they drop, by how much they scale, their gradients, schedules, files, refusals."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from cutmix_tf.layers import DropBlock, LinearDropSchedule, ShakeDrop, StochasticDepth, unit_drop_rate
from cutmix_tf.layers._drop_block import seed_rates

LAYERS = {
    "drop_block": lambda **options: DropBlock(0.3, 2, **options),
    "stochastic_depth": lambda **options: StochasticDepth(0.5, **options),
    "shake_drop": lambda **options: ShakeDrop(0.5, **options),
    "shake_drop_examples": lambda **options: ShakeDrop(0.5, (-0.5, 1.5), (0.25, 0.75), per="example", **options),
}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


def train(layer, x):
    return ops.convert_to_numpy(layer(x, training=True))


def infer(layer, x):
    return ops.convert_to_numpy(layer(x, training=False))


def ones(*shape):
    return np.ones(shape, "float32")


def some(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


# --- DropBlock: which cells -----------------------------------------------------------------------------


@pytest.mark.parametrize("block_size", [1, 4, 7])
@pytest.mark.parametrize("drop_rate", [0.1, 0.4])
@pytest.mark.parametrize("size", [(7, 7), (14, 14), (28, 28), (16, 8)])
def test_the_share_of_dropped_cells_is_the_drop_rate(size, drop_rate, block_size):
    dropped = train(DropBlock(drop_rate, block_size, seed=0), ones(100, *size, 200)) == 0
    assert dropped.mean() == pytest.approx(drop_rate, rel=0.03)


@pytest.mark.parametrize("drop_rate", [0.05, 0.5, 0.9])
def test_the_chance_of_a_block_is_exact(drop_rate):
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


def test_every_place_is_as_likely_as_any_other():
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


# --- DropBlock: what is left ------------------------------------------------------------------------------


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


# --- DropBlock: the schedule ------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.0, 0.01, 0.5, 0.99])
def test_the_rate_factor_multiplies_the_drop_rate(factor):
    layer, x = DropBlock(0.4, 4, seed=7), ones(100, 14, 14, 200)
    train(layer, x)
    layer.rate_factor.assign(factor)
    assert (train(layer, x) == 0).mean() == pytest.approx(0.4 * factor, rel=0.04, abs=1e-9)


def small_model(*layers, size=(6, 5)):
    images = keras.Input((*size, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(images)
    for layer in layers:
        x = layer(x)
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)), name="small")


def fit(model, examples=10, **options):
    model.compile("sgd", "mse", **{name: options.pop(name) for name in ("jit_compile",) if name in options})
    return model.fit(some(examples, *model.input_shape[1:]), some(examples, 2), batch_size=4, verbose=0, **options)


def test_the_schedule_grows_linearly_over_the_epochs():
    outer, inner = DropBlock(0.2, 2), DropBlock(0.3, 2)
    model = small_model(outer, small_model_inside(inner))
    seen = []

    def note(epoch, logs):
        seen.append([float(ops.convert_to_numpy(layer.rate_factor)) for layer in (outer, inner)])

    callbacks = [LinearDropSchedule(epochs=4), keras.callbacks.LambdaCallback(on_epoch_end=note)]
    fit(model, epochs=5, callbacks=callbacks)
    expected = [0.125, 0.375, 0.625, 0.875, 1.0]
    np.testing.assert_allclose(seen, np.transpose([expected, expected]))
    seen.clear()
    fit(model, initial_epoch=2, epochs=3, callbacks=callbacks)
    np.testing.assert_allclose(seen, [[0.625, 0.625]])


def small_model_inside(layer):
    maps = keras.Input((6, 5, 4))
    return keras.Model(maps, layer(maps))


def test_a_compiled_training_follows_the_schedule():
    """A trained step is not compiled again, and yet drops nothing at factor 0 and all at factor 1."""
    layer = DropBlock(1.0, 2)
    model = small_model(layer)
    x, traced = some(4, 6, 5, 3), []

    @tf_function_or_identity
    def step(x):
        traced.append(None)
        return model(x, training=True)

    bias = ops.convert_to_numpy(model.layers[-1].bias)
    layer.rate_factor.assign(0.0)
    np.testing.assert_allclose(step(x), model(x, training=False), rtol=1e-4, atol=1e-6)
    layer.rate_factor.assign(1.0)
    np.testing.assert_array_equal(step(x), np.broadcast_to(bias, (4, 2)))
    assert len(traced) == 1


def tf_function_or_identity(function):
    if keras.config.backend() != "tensorflow":
        pytest.skip("compiles with TensorFlow")
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)


def test_a_schedule_without_anything_to_schedule_is_refused():
    with pytest.raises(ValueError, match=r"sets the rate of DropBlock layers; 'small' has none\. Leave it out"):
        fit(small_model(StochasticDepth(0.1)), callbacks=[LinearDropSchedule(3)])
    with pytest.raises(ValueError, match=r"epochs must be at least 1; got 0\."):
        LinearDropSchedule(0)
    with pytest.raises(TypeError, match=r"epochs must be a whole number; got 2\.5"):
        LinearDropSchedule(2.5)


# --- StochasticDepth ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("drop_rate", [0.0, 0.3, 1.0])
def test_whole_mini_batches_skip_the_branch(drop_rate):
    layer, x = StochasticDepth(drop_rate, seed=8), some(3, 4)
    results = np.stack([train(layer, x) for _ in range(600)])
    skipped = (results == 0).all(axis=(1, 2))
    np.testing.assert_array_equal(results[~skipped], np.broadcast_to(x, results[~skipped].shape))
    assert skipped.mean() == pytest.approx(drop_rate, abs=4 * np.sqrt(drop_rate * (1 - drop_rate) / 600))


def test_stochastic_depth_scales_by_the_chance_to_be_kept_in_inference():
    x = some(3, 2, 5, 4)
    np.testing.assert_allclose(infer(StochasticDepth(0.3), x), 0.7 * x, rtol=1e-6)


@pytest.mark.parametrize(
    ("rule", "expected"), [("linear", [0.05, 0.1, 0.15, 0.2, 0.25]), ("constant", [0.25, 0.25, 0.25, 0.25, 0.25])]
)
def test_drop_rates_of_the_units(rule, expected):
    assert [unit_drop_rate(0.25, unit, 5, rule) for unit in range(1, 6)] == pytest.approx(expected)


# --- ShakeDrop ------------------------------------------------------------------------------------------------


def factors(layer, batch, calls, shape=(2, 3)):
    """The factors forward and of the gradient, (calls, batch) each, with a check that examples have one each."""
    if keras.config.backend() != "tensorflow":
        pytest.skip("reads gradients from TensorFlow's tape")
    import tensorflow as tf

    x = tf.constant(np.abs(some(batch, *shape)) + 0.5)
    weights = tf.constant(some(batch, *shape) + 5)

    @tf.function(autograph=False)
    def both():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
        return y / x, tape.gradient(y, x, output_gradients=weights) / weights

    drawn = np.array([[ratio.numpy() for ratio in both()] for _ in range(calls)]).reshape(calls, 2, batch, -1)
    np.testing.assert_allclose(drawn, np.broadcast_to(drawn[..., :1], drawn.shape), rtol=1e-4, atol=1e-6)
    return drawn[:, 0, :, 0], drawn[:, 1, :, 0]


def test_disturbed_batches_have_a_factor_of_their_own_for_the_gradient():
    forward, backward = factors(ShakeDrop(0.5, seed=9), batch=8, calls=400)
    calm = np.isclose(forward, 1, atol=1e-6).all(axis=1)
    assert calm.mean() == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(backward[calm], 1, rtol=1e-6)  # the same coin on the way back
    a, c = forward[~calm], backward[~calm]
    assert a.min() >= -1
    assert c.min() >= 0
    assert max(a.max(), c.max()) <= 1 + 1e-6
    assert (a.mean(), c.mean()) == pytest.approx((0, 0.5), abs=0.05)
    assert (a.std(), c.std()) == pytest.approx((2 / np.sqrt(12), 1 / np.sqrt(12)), abs=0.03)
    assert abs(np.corrcoef(a.ravel(), c.ravel())[0, 1]) < 0.1  # fresh draws
    assert abs(np.corrcoef(a[:, 0], a[:, 1])[0, 1]) < 0.25  # of each example


def test_examples_may_toss_coins_of_their_own():
    forward, backward = factors(ShakeDrop(0.3, per="example", seed=10), batch=8, calls=200)
    calm = np.isclose(forward, 1, atol=1e-6) & np.isclose(backward, 1, atol=1e-6)
    assert calm.mean() == pytest.approx(0.7, abs=0.05)
    assert (calm.any(axis=1) & ~calm.all(axis=1)).mean() > 0.5


@pytest.mark.parametrize(("alpha", "mean"), [((-1, 1), 0.0), ((0, 1), 0.5), ((1, 1), 1.0)])
def test_shake_drop_scales_by_the_expectation_in_inference(alpha, mean):
    drop_rate, x = 0.4, some(3, 2, 5, 4)
    expected = (1 - drop_rate) + drop_rate * mean
    np.testing.assert_allclose(infer(ShakeDrop(drop_rate, alpha), x), expected * x, rtol=1e-6)
    many = ShakeDrop(drop_rate, alpha, per="example", seed=11)
    assert train(many, ones(20_000, 1)).mean() == pytest.approx(expected, abs=0.02)


def test_a_calm_branch_passes_unchanged():
    x = 1e3 * some(3, 2, 5, 4)
    np.testing.assert_array_equal(train(ShakeDrop(0.0), x), x)


# --- all of them --------------------------------------------------------------------------------------------


def test_drop_block_does_nothing_in_inference():
    x = some(3, 4, 4, 2)
    np.testing.assert_array_equal(infer(DropBlock(0.9, 2), x), x)
    np.testing.assert_array_equal(DropBlock(0.9, 2)(x), x)  # inference is the default


@every_layer
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_dtype_of_mixed_precision_is_kept(make, dtype):
    layer = make(dtype=f"mixed_{dtype}", seed=0)
    x = ops.cast(some(8, 6, 6, 4), dtype)
    for training in (False, True):
        y = layer(x, training=training)
        assert keras.backend.standardize_dtype(y.dtype) == dtype
        assert y.shape == x.shape
        assert np.isfinite(ops.convert_to_numpy(ops.cast(y, "float32"))).all()
    assert all(weight.dtype == "float32" for weight in layer.weights if "seed" not in weight.name)


def test_drop_block_drops_its_share_in_mixed_precision():
    layer = DropBlock(0.1, 7, dtype="mixed_bfloat16", seed=0)
    dropped = ops.convert_to_numpy(ops.cast(layer(ones(100, 14, 14, 200), training=True), "float32")) == 0
    assert dropped.mean() == pytest.approx(0.1, rel=0.03)


@every_layer
@pytest.mark.parametrize("jit_compile", [False, True])
def test_networks_train_on_batches_of_any_size(make, jit_compile):
    model = small_model(make())
    history = fit(model, examples=10, epochs=2, jit_compile=jit_compile)  # batches of 4, 4 and 2
    assert np.isfinite(history.history["loss"]).all()
    assert model.predict(some(3, 6, 5, 3), verbose=0).shape == (3, 2)


# Keras 3.15 reads variables in a way that NumPy 2 deprecates.
@every_layer
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_layers_survive_a_file(make, tmp_path):
    layer = make(seed=12, name="ours")
    model = small_model(layer)
    if isinstance(layer, DropBlock):
        layer.rate_factor.assign(0.25)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = loaded.get_layer("ours")
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    for weight, other in zip(layer.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight), ops.convert_to_numpy(other))
    for x in (some(4, 6, 5, 4), ones(4, 6, 5, 4)):
        np.testing.assert_array_equal(train(again, x), train(layer, x))


# Keras 3.15 reads variables in a way that NumPy 2 deprecates.
@every_layer
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_training_that_goes_on_from_a_file_draws_on(make, tmp_path):
    first, second = make(name="ours"), make(name="ours")
    x = some(4, 6, 5, 4)
    model, other = small_model(first), small_model(second)
    for _ in range(3):
        train(first, x)
    model.save_weights(tmp_path / "state.weights.h5")
    expected = [train(first, x) for _ in range(20)]
    other.load_weights(tmp_path / "state.weights.h5")
    np.testing.assert_array_equal([train(second, x) for _ in range(20)], expected)


@every_layer
def test_a_config_makes_the_same_layer(make):
    layer, x = make(seed=13), some(4, 6, 5, 4)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    np.testing.assert_array_equal(train(copy, x), train(layer, x))
    np.testing.assert_array_equal(infer(copy, x), infer(layer, x))


@every_layer
def test_nothing_is_trained(make):
    layer = make()
    layer.build((None, 6, 5, 4))
    assert layer.trainable_weights == []


# --- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: DropBlock(1.5, 7), ValueError, r"drop_rate must be at least 0 and at most 1; got 1\.5\."),
        (lambda: DropBlock("0.1", 7), TypeError, r"drop_rate must be a number; got '0\.1' of type str"),
        (lambda: DropBlock(0.1, 0), ValueError, r"block_size must be at least 1; got 0\."),
        (lambda: DropBlock(0.1, 3.0), TypeError, r"block_size must be a whole number; got 3\.0"),
        (lambda: DropBlock(0.1, 7, per_channel=1), TypeError, r"per_channel must be True or False; got 1\."),
        (lambda: DropBlock(0.1, 7)(keras.Input((None, 8, 3))), ValueError, r"fixed height and width.*got \(None, None"),
        (lambda: DropBlock(0.1, 7)(ones(4, 8)), ValueError, r"needs feature maps.*got \(4, 8\)\. Give keras\.Input"),
        (lambda: StochasticDepth(-0.1), ValueError, r"drop_rate must be at least 0 and at most 1; got -0\.1\."),
        (lambda: StochasticDepth(None), TypeError, r"drop_rate must be a number; got None"),
        (lambda: unit_drop_rate(0.1, 6, 5), ValueError, r"unit must be at least 1 and at most 5; got 6\."),
        (lambda: unit_drop_rate(0.1, 0, 5), ValueError, r"unit must be at least 1 and at most 5; got 0\."),
        (lambda: unit_drop_rate(0.1, 1, 5, "lineal"), ValueError, r"rule must be one of .*Did you mean 'linear'\?"),
        (lambda: ShakeDrop(2), ValueError, r"drop_rate must be at least 0 and at most 1; got 2\."),
        (lambda: ShakeDrop(0.5, alpha=1.0), TypeError, r"alpha must be two numbers.*got 1\.0\. Write alpha=\(-1, 1\)"),
        (lambda: ShakeDrop(0.5, beta=(1, 0)), ValueError, r"upper end of beta must be at least 1; got 0\."),
        (lambda: ShakeDrop(0.5, per="image"), ValueError, r"per must be one of 'batch', 'example'; got 'image'\."),
    ],
)
def test_refusals_say_what_was_needed_and_what_came(make, error, message):
    with pytest.raises(error, match=message):
        make()
