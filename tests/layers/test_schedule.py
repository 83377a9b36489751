"""LinearDropSchedule: the rate of every DropBlock grows over the epochs, also in compiled steps."""

import keras
import numpy as np
import pytest
from helpers.layers_at_work import fit, small_model
from helpers.small_models import some
from keras import ops

from cutmix_tf.layers import DropBlock, LinearDropSchedule, StochasticDepth


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
