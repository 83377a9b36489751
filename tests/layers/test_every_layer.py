"""What holds for every regularizing layer: precision, training, files, configs, and what they refuse."""

import keras
import numpy as np
import pytest
from helpers.layers_at_work import fit, infer, ones, small_model, train
from helpers.small_models import some
from keras import ops

from cutmix_tf.layers import DropBlock, ShakeDrop, StochasticDepth, unit_drop_rate

LAYERS = {
    "drop_block": lambda **options: DropBlock(0.3, 2, **options),
    "stochastic_depth": lambda **options: StochasticDepth(0.5, **options),
    "shake_drop": lambda **options: ShakeDrop(0.5, **options),
    "shake_drop_examples": lambda **options: ShakeDrop(0.5, (-0.5, 1.5), (0.25, 0.75), per="example", **options),
}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


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


@every_layer
@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_models_train_on_batches_of_any_size(make, jit_compile):
    model = small_model(make())
    history = fit(model, examples=10, epochs=2, jit_compile=jit_compile)  # batches of 4, 4 and 2
    assert np.isfinite(history.history["loss"]).all()
    assert model.predict(some(3, 6, 5, 3), verbose=0).shape == (3, 2)


@every_layer
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


@every_layer
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
        (lambda: DropBlock(0.1, 7)(keras.Input((None, 8, 3))), ValueError, r"known height and width.*got \(None, None"),
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
