"""Keras' own callbacks beside mixing, as a user of `fit` writes them."""

import keras
import numpy as np
import pytest
from helpers.everyday import batches, small_model

import cutmix_tf as cm


def compiled(model=None, **options):
    model = model or small_model()
    model.compile(keras.optimizers.SGD(0.1), cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()], **options)
    return model


def fit(model, *callbacks, epochs=2, mixer=None):
    train = cm.mix(batches(), mixer or cm.CutMix())
    history = model.fit(
        train, validation_data=batches(seed=1), epochs=epochs, callbacks=list(callbacks), shuffle=False, verbose=0
    )
    return history.history


@pytest.mark.slow
def test_checkpoints_of_the_best_epoch_can_be_loaded_and_trained_further(tmp_path):
    keep = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="val_accuracy", save_best_only=True)
    history = fit(compiled(), keep, epochs=3)
    best = keras.saving.load_model(tmp_path / "best.keras")
    images, labels = next(iter(batches(seed=1).unbatch().batch(48)))
    right = np.mean(np.argmax(best.predict(images, verbose=0), axis=1) == labels)
    assert right == pytest.approx(max(history["val_accuracy"]))
    assert len(fit(best, epochs=1)["loss"]) == 1  # compiled as before


@pytest.mark.slow
def test_the_learning_rate_falls_when_the_accuracy_stops_rising():
    model = compiled()
    model.optimizer.learning_rate = 1e-12  # so that nothing changes
    fit(model, keras.callbacks.ReduceLROnPlateau("val_accuracy", factor=0.5, patience=1), epochs=3)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.25e-12)  # after the second and the third epoch


@pytest.mark.slow
def test_an_interrupted_training_is_restored_to_the_bit(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    start = small_model().get_weights()

    def fresh():
        model = small_model()
        model.set_weights(start)
        return compiled(model)

    whole = fresh()
    expected = fit(whole, epochs=3)
    with pytest.raises(KeyboardInterrupt):
        fit(fresh(), backup(), Stop(), epochs=3)
    resumed = fresh()
    history = fit(resumed, backup(), epochs=3)
    assert history["loss"] == expected["loss"][2:]
    for weight, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.slow
def test_tensorboard_gets_the_metrics(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    history = fit(compiled(), keras.callbacks.TensorBoard(tmp_path))
    events = EventAccumulator(str(tmp_path / "validation")).Reload()
    last = events.Tensors("epoch_accuracy")[-1].tensor_proto
    assert np.frombuffer(last.tensor_content, np.float32)[0] == pytest.approx(history["val_accuracy"][-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{"steps_per_execution": 3}, {"jit_compile": True}],
    ids=lambda options: next(iter(options)),
)
def test_options_of_compile_train_alike(options):
    start = small_model()
    weights, losses = start.get_weights(), []
    for each in ({"jit_compile": False}, options):
        model = small_model()
        model.set_weights(weights)
        losses.append(fit(compiled(model, **each))["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_keeps_labels_exact(policy):
    """Class 300 is no bfloat16 number; targets stay float32 all the same."""
    keras.config.set_dtype_policy(policy)
    try:
        model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(302)])
        model.compile("sgd", cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()])
        images, labels = np.zeros((8, 4, 4, 3), "uint8"), np.full(8, 301)
        model.layers[-1].bias.assign(np.eye(302)[301] * 9)
        loss, accuracy = model.evaluate(*cm.CutMix()(images, labels), verbose=0)
        assert accuracy == 1
        assert loss == pytest.approx(np.log(1 + 301 * np.exp(-9)), rel=1e-2)
    finally:
        keras.config.set_dtype_policy("float32")
