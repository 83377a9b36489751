"""Runs from a config to a filled folder: what is written, and that the same config gives the same bits."""

import json
import logging
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.small_models import layers_of
from helpers.small_runs import (
    CLASSES,
    assert_same_bits,
    config,
    content_of,
    rows_of,
    small_model,
    small_set,
    train,
    weights_of,
)
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import cutmix_tf as cm
from cutmix_tf import training


def test_a_run_fills_its_folder(finished):
    assert {path.name for path in finished.folder.iterdir()} == {
        "config.json", "data.json", "preprocessing.json", "history.csv", "summary.json", "tensorboard", "checkpoints",
        "final.keras", "best.keras", "classifier.keras", "mixes.png", "curves.png", ".lock",
    }  # fmt: skip
    assert json.loads((finished.folder / "summary.json").read_text()) == finished.summary
    assert [row["epoch"] for row in rows_of(finished.folder)] == [1, 2, 3]


def test_tensorboard_shows_mixed_images_and_the_learning_rate(finished):
    board = EventAccumulator(str(finished.folder / "tensorboard" / "train")).Reload()
    width, height, drawn = tf.make_ndarray(board.Tensors("mixed images")[0].tensor_proto)
    shown = tf.io.decode_png(drawn).numpy()
    assert shown.shape[:2] == (int(height), int(width))
    np.testing.assert_array_equal(shown, tf.io.decode_png((finished.folder / "mixes.png").read_bytes()))
    rates = [tf.make_ndarray(event.tensor_proto).item() for event in board.Tensors("epoch_learning_rate")]
    np.testing.assert_allclose(rates, [row["learning_rate"] for row in rows_of(finished.folder)], rtol=1e-6)


def test_the_summary_is_what_the_history_says(finished):
    summary, rows = finished.summary, rows_of(finished.folder)
    settings = config(finished.folder)
    assert {name: summary[name] for name in ("dataset", "model", "seed", "epochs", "mix")} == {
        "dataset": "small", "model": "small", "seed": 0, "epochs": 3, "mix": repr(settings.mix),
    }  # fmt: skip
    errors = [row["test_top1_error"] for row in rows]
    assert summary["top1_error_last"] == pytest.approx(errors[-1], abs=1e-4)
    assert summary["top1_error_best"] == pytest.approx(min(errors), abs=1e-4)
    assert summary["top5_error_last"] == pytest.approx(rows[-1]["test_top5_error"], abs=1e-4)
    assert summary["train_top1_error_last"] == pytest.approx(rows[-1]["train_top1_error"], abs=1e-4)
    assert (summary["best_chosen_on"], summary["best_epoch"]) == ("test", 1 + int(np.argmin(errors)))
    assert summary["params"] == 322
    assert summary["train_images_per_second"] > 0


def test_numbers_of_the_summary_are_rounded(finished):
    """79.00000065509109 is 79.0: an error of 32-bit arithmetic, which nobody wants to read."""
    numbers = {name: value for name, value in finished.summary.items() if isinstance(value, float)}
    assert {"top1_error_last", "loss_last", "seconds"} <= set(numbers)
    assert [name for name, value in numbers.items() if len(repr(value)) > 9] == []


@pytest.mark.parametrize("name", ["final", "best"])
def test_saved_models_take_pixels_and_score_as_reported(finished, name):
    model = keras.saving.load_model(finished.folder / f"{name}.keras")
    assert isinstance(model.input, keras.KerasTensor)
    test = small_set().test
    errors = model.predict(test.images, verbose=0).argmax(1) != test.labels
    score = finished.summary[f"top1_error_{'last' if name == 'final' else 'best'}"]
    assert 100 * errors.mean() == pytest.approx(score, abs=1e-3)


def test_saved_models_need_keras_alone(finished):
    """Whoever loads them need not have this package."""
    with zipfile.ZipFile(finished.folder / "final.keras") as archive:
        written = json.loads(archive.read("config.json"))
    modules, packages = zip(*classes_in(written), strict=True)
    assert len(modules) > 6
    assert {str(module).split(".")[0] for module in modules} == {"keras"}
    assert set(packages) == {""}


def classes_in(config):
    """The module of each class that a model's config names, and the package that the class is registered under."""
    if isinstance(config, dict) and "module" in config:
        yield config["module"], (config["registered_name"] or "").rpartition(">")[0]
    for part in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        yield from classes_in(part)


def test_an_exported_model_serves_one_batch_of_pixels(finished, tmp_path):
    model = keras.saving.load_model(finished.folder / "final.keras")
    model.export(tmp_path / "exported", verbose=False)
    images = small_set().test.images[:3].astype(np.float32)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(exported.serve(images), model(images), rtol=1e-5)


@pytest.mark.slow
def test_the_same_config_gives_the_same_bits(finished, tmp_path, without_figure):
    train(tmp_path / "again")
    assert_same_bits(tmp_path / "again", finished.folder)


def test_a_finished_run_is_not_trained_again(finished, caplog):
    before = content_of(finished.folder)
    with caplog.at_level(logging.INFO, "cutmix_tf"):
        assert train(finished.folder) == finished.summary
    assert "holds this run, finished. Remove it to train again." in caplog.text
    after = content_of(finished.folder)
    assert {name: content for name, (content, _) in after.items()} == {name: old for name, (old, _) in before.items()}


@pytest.mark.slow
def test_two_replicas_train_alike(finished, tmp_path, without_figure):
    train(tmp_path / "two", strategy="mirrored:2")
    for one, two in zip(rows_of(finished.folder), rows_of(tmp_path / "two"), strict=True):
        for name in ("train_loss", "test_loss"):
            np.testing.assert_allclose(one[name], two[name], rtol=1e-4)


SLOW = pytest.mark.slow
LEARNED = [
    pytest.param({"mix": cm.CutMix()}, id="CutMix"),
    pytest.param({"mix": None}, marks=SLOW, id="plain"),
    pytest.param({"mix": cm.MixUp()}, marks=SLOW, id="MixUp"),
    pytest.param({"mix": cm.Cutout(size=4)}, marks=SLOW, id="Cutout"),
    pytest.param({"mix": cm.OneOf([cm.CutMix(), cm.MixUp()])}, marks=SLOW, id="OneOf"),
    pytest.param({"mix": cm.FeatureCutMix(taps=(0, "conv"))}, marks=SLOW, id="FeatureCutMix"),
    pytest.param({"mix": cm.ManifoldMixUp(taps=(0,)), "erase": cm.Cutout(size=3)}, marks=SLOW, id="erased features"),
    pytest.param({"mix": cm.CutMix(), "mix_schedule": ((0, 0), (1, 1))}, marks=SLOW, id="on a schedule"),
    pytest.param({"auto_augment": "cifar10"}, marks=SLOW, id="AutoAugment"),
    pytest.param({"label_smoothing": 0.1}, marks=SLOW, id="label smoothing"),
]


@pytest.mark.parametrize("changes", LEARNED)
def test_a_model_learns_with_every_kind_of_mixing(tmp_path, changes):
    """Eight epochs take it from ten equally likely classes to a good part of them; features are mixed in the model."""
    summary = train(tmp_path / "run", epochs=8, learning_rate=0.3, weight_decay=0.0, **changes)
    assert summary["top1_error_last"] <= 70, summary
    assert (tmp_path / "run" / "mixes.png").exists() == (not isinstance(changes.get("mix"), cm.mixing.HiddenMixer))
    assert keras.saving.load_model(tmp_path / "run" / "final.keras").output_shape == (None, CLASSES)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_model_of_the_table_trains_in_mixed_precision(tmp_path, precision):
    settings = config(tmp_path / "run", model="resnet20", precision=precision, epochs=2, learning_rate=0.01)
    summary = training.train(settings, images=small_set())
    assert summary["params"] == 272_474
    rows = rows_of(tmp_path / "run")
    assert rows[1]["train_loss"] < rows[0]["train_loss"]
    model = keras.saving.load_model(tmp_path / "run" / "final.keras")
    assert {layer.compute_dtype for layer in layers_of(model, keras.layers.Conv2D)} == {
        precision.removeprefix("mixed_")
    }
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(("able", "policy"), [(True, "mixed_bfloat16"), (False, "float32")])
def test_auto_precision_is_settled_before_the_run_is_stored(tmp_path, monkeypatch, without_figure, able, policy):
    monkeypatch.setattr("cutmix_tf.training._precision.computes_bfloat16", lambda: able)
    train(tmp_path / "run", epochs=1, precision="auto")
    assert json.loads((tmp_path / "run" / "config.json").read_text())["precision"] == policy
    (layer,) = layers_of(keras.saving.load_model(tmp_path / "run" / "final.keras"), keras.layers.Conv2D)
    assert layer.dtype_policy.name == policy


def test_a_model_can_be_given_as_it_is(finished, tmp_path, without_figure):
    """Its own weights are trained on, rather than those of a seed."""
    model = small_model()
    model.set_weights([weight * 0 for weight in model.get_weights()])
    training.train(config(tmp_path / "run", epochs=1, learning_rate=1e-9), model=model, images=small_set())
    kernel = model.get_layer("conv").get_weights()[0]
    np.testing.assert_array_equal(kernel, weights_of(tmp_path / "run")[0])
    assert np.abs(kernel).max() < 1e-6


def test_nothing_global_is_left_behind(finished):
    assert keras.config.dtype_policy().name == "float32"
    assert not tf.distribute.has_strategy()
