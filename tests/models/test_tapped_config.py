"""A tapped model as a Keras object: configs, files, checkpoints."""

import keras
import numpy as np
import pytest
from helpers.small_models import images_for, small

from cutmix_tf import MixedAccuracy, MixedCrossentropy, TappedModel

TAPS = (0, 1, "stage2_block1_out")


def test_a_config_makes_a_tapped_model_of_the_same_graph():
    tapped = TappedModel(small("resnet"), TAPS)
    copy = TappedModel.from_config(tapped.get_config())
    assert (copy.taps, copy.grids) == (tapped.taps, tapped.grids)
    assert [layer.name for layer in copy.base.layers] == [layer.name for layer in tapped.base.layers]
    copy.set_weights(tapped.get_weights())
    x = images_for(tapped.base)
    np.testing.assert_array_equal(copy(x), tapped(x))


@pytest.mark.slow
def test_a_checkpoint_holds_it_whole(tmp_path):
    tapped = TappedModel(small("resnet"), TAPS)
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    tapped.compile(optimizer, MixedCrossentropy(), metrics=[MixedAccuracy()], run_eagerly=True)
    x, y = images_for(tapped.base, batch=8), np.arange(8) % 5
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="val_loss", save_best_only=True)
    tapped.fit(x, y, validation_data=(x, y), callbacks=[checkpoint], verbose=0)
    loaded = keras.saving.load_model(tmp_path / "best.keras")
    assert isinstance(loaded, TappedModel)
    assert loaded.taps == TAPS
    np.testing.assert_array_equal(loaded(x), tapped(x))
    assert len(loaded.weights) == len(tapped.weights)
    for one, other in zip(loaded.optimizer.variables, tapped.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(loaded.optimizer.variables) > len(tapped.trainable_variables)  # with their momentum
