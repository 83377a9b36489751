"""Callbacks with mode="auto" know that a higher accuracy is better."""

import keras
import numpy as np
import pytest
from helpers.marks import slow_but

import cutmix_tf as cm


class Accuracies(keras.callbacks.Callback):
    """Makes the validation accuracies of the epochs follow a script."""

    def __init__(self, *values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs["val_accuracy"] = logs["val_top_2_accuracy"] = self.values[epoch]


def train(*callbacks, accuracies):
    """A model that predicts class 0, trained on ten examples; and the number of epochs it took."""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    metrics = [cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=2)]
    model.compile(keras.optimizers.SGD(0.5), cm.MixedCrossentropy(), metrics=metrics, run_eagerly=True)
    x, y = np.ones((10, 2), "float32"), np.arange(10) % 3
    epochs = len(accuracies)
    every = [Accuracies(*accuracies), *callbacks]
    history = model.fit(x, y, validation_data=(x, y), epochs=epochs, callbacks=every, verbose=0)
    return model, len(history.epoch)


@pytest.mark.parametrize("monitor", slow_but(["val_accuracy"], ["val_accuracy", "val_top_2_accuracy"]))
def test_early_stopping_waits_for_a_higher_accuracy(monitor):
    stop = keras.callbacks.EarlyStopping(monitor, patience=2)
    assert train(stop, accuracies=(0.1, 0.2, 0.3, 0.4, 0.5))[1] == 5
    assert train(stop, accuracies=(0.5, 0.4, 0.3, 0.2, 0.1))[1] == 3


def test_a_checkpoint_keeps_the_highest_accuracy(tmp_path):
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(note.model.get_weights()))
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="val_accuracy", save_best_only=True)
    train(note, checkpoint, accuracies=(0.2, 0.7, 0.6))
    best = keras.saving.load_model(tmp_path / "best.keras")
    for weight, expected, last in zip(best.get_weights(), seen[1], seen[2], strict=True):
        np.testing.assert_array_equal(weight, expected)
        assert (weight != last).any()


@pytest.mark.slow
def test_the_learning_rate_falls_when_accuracy_stops_rising():
    reduce = keras.callbacks.ReduceLROnPlateau("val_accuracy", factor=0.1, patience=1, min_delta=0)
    assert float(train(reduce, accuracies=(0.1, 0.2, 0.3, 0.4))[0].optimizer.learning_rate) == 0.5
    assert float(train(reduce, accuracies=(0.4, 0.3, 0.5, 0.6))[0].optimizer.learning_rate) == pytest.approx(0.05)


def test_configs_hold_what_the_constructors_take():
    for metric in (cm.MixedAccuracy(name="a"), cm.MixedTopKAccuracy(k=3)):
        copy = type(metric).from_config(metric.get_config())
        assert (copy.name, copy.k, copy.get_config()) == (metric.name, metric.k, metric.get_config())
    assert cm.MixedTopKAccuracy(k=3).name == "top_3_accuracy"
