"""Trainings that can't be are refused before the first step, with an error that says what to do."""

import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.small_runs import config, small_model, small_set, train
from helpers.started import started

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.models import WithDropBlock
from cutmix_tf.training._precision import dtype_policy, policy_of

REFUSED = {
    "unknown model": ({"model": "resnet21"}, ValueError, "Did you mean 'resnet"),
    "unknown strategy": ({"strategy": "miror:2"}, ValueError, "strategy must be one of"),
    "unknown dataset": ({"dataset": "cifar11"}, ValueError, "Did you mean 'cifar1"),
    "folder of nothing": ({"dataset": "folder:nowhere"}, FileNotFoundError, "nowhere"),
}


@pytest.mark.parametrize(("changes", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_unknown_names_are_refused(tmp_path, changes, error, message):
    settings = {"dataset": "shapes", "model": "resnet20", "epochs": 1, "run_dir": str(tmp_path / "run"), **changes}
    with pytest.raises(error, match=message):
        training.train(training.TrainConfig(**settings))
    assert not (tmp_path / "run").exists()


def test_a_run_needs_a_folder():
    settings = dataclasses.replace(config("x"), run_dir=None)
    with pytest.raises(ValueError, match="A run needs a folder; got run_dir=None"):
        training.train(settings, model=small_model, images=small_set())


def two_outputs():
    inputs = keras.Input((8, 8, 3))
    flat = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, [keras.layers.Dense(10)(flat), keras.layers.Dense(10)(flat)])


MODELS = {
    "other classes": (
        lambda: keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()]), {}, ValueError,
        r"small has 10 classes, so the model must return logits \(batch, 10\); .* returns \(None, 192\)",
    ),
    "two outputs": (two_outputs, {}, ValueError, r"must return logits \(batch, 10\)"),
    "unknown inputs": (
        lambda: keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)]), {}, TypeError,
        "needs a functional or sequential model with known inputs",
    ),
    "a stem for a model of one's own": (
        small_model, {"stem": "cifar", "regularizer": WithDropBlock()}, ValueError,
        r"stem='cifar', regularizer=WithDropBlock\(.*\) applies to models built by name",
    ),
    "a stride for a model of one's own": (small_model, {"last_stride": 1}, ValueError, "last_stride=1 applies"),
}  # fmt: skip


@pytest.mark.parametrize(("model", "changes", "error", "message"), MODELS.values(), ids=MODELS)
def test_models_that_do_not_fit_are_refused(tmp_path, model, changes, error, message):
    with pytest.raises(error, match=message):
        training.train(config(tmp_path / "run", **changes), model=model, images=small_set())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("given", ["mixed_bfloat16", "float32"])
def test_a_model_that_has_been_built_keeps_its_precision(given):
    with dtype_policy(given):
        model = small_model()
    assert policy_of("float32", model) == "float32"
    assert policy_of(given, model) == given


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "auto"])
def test_a_model_that_has_been_built_can_not_change_its_precision(tmp_path, precision):
    settings = config(tmp_path / "run", precision=precision)
    with pytest.raises(ValueError, match=f"precision='{precision}' .* has been built, under float32. Give a function"):
        training.train(settings, model=small_model(), images=small_set())
    assert not (tmp_path / "run").exists()


DEVICES = {
    "batches that replicas can't share": (
        {"strategy": "mirrored:2", "static_shapes": True, "batch_size": 15},
        "batch_size must be divisible by the 2 replicas; got 15. Use 14 or 16.",
    ),
    "a batch smaller than the replicas": (
        {"strategy": "mirrored:2", "static_shapes": True, "batch_size": 1},
        "got 1. Use 2.",
    ),
}


@pytest.mark.parametrize(("changes", "message"), DEVICES.values(), ids=DEVICES)
def test_batches_that_devices_cannot_share_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its message is looked at
        started(config(tmp_path / "run", **changes), model=small_model, images=small_set())
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("devices", "changes", "message"),
    [
        ({"several_processes": True}, {"data_service": "grpc://localhost:5050"}, "Several workers share each batch"),
        ({"static_shapes": True}, {}, "needs batches of one shape; set static_shapes=True"),
    ],
    ids=["workers of two kinds", "a TPU"],
)
def test_settings_that_devices_cannot_follow_are_refused(tmp_path, monkeypatch, devices, changes, message):
    kind = SimpleNamespace(**{"several_processes": False, "static_shapes": False, "replicas": 1, **devices})
    monkeypatch.setattr(training._train, "find_devices", lambda name: kind)
    with pytest.raises(ValueError, match=message):
        train(tmp_path / "run", **changes)


def test_a_split_that_does_not_fill_a_batch_of_static_shape_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"64\b.*\b60\b"):
        train(tmp_path / "run", static_shapes=True, batch_size=64)


@pytest.mark.slow
def test_a_held_folder_is_refused_for_another_config(finished):
    with pytest.raises(FileExistsError, match="seed is 0 there, 1 here"):
        train(finished.folder, seed=1)


def test_a_run_does_not_continue_with_other_data(tmp_path):
    started(config(tmp_path / "run"), model=small_model, images=small_set())
    test = small_set().test
    changed = dataclasses.replace(test, labels=test.labels[::-1].copy())
    with pytest.raises(ValueError, match="The data has changed since this run started: test"):
        training.train(config(tmp_path / "run"), model=small_model, images=small_set(test=changed))


# ---- unreadable examples ----


@pytest.fixture
def torn(tmp_path):
    """A folder of twenty training images, of which one is torn."""
    jpeg = tf.io.encode_jpeg(np.full((8, 8, 3), 99, np.uint8)).numpy()
    for split in ("train", "test"):
        for name in "abcdefghij":
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(2):
                (tmp_path / split / name / f"{number}.jpg").write_bytes(jpeg)
    (tmp_path / "train" / "c" / "1.jpg").write_bytes(jpeg[:-30])
    return {"dataset": f"folder:{tmp_path}", "image_size": 8, "epochs": 1, "mix": None}


def test_an_unreadable_example_stops_a_run(torn, tmp_path):
    with pytest.raises(ValueError, match=r"cutmix-tf check-data folder:.* --bad-examples skip"):
        training.train(config(tmp_path / "run", **torn), model=small_model)


@pytest.mark.slow
def test_unreadable_examples_can_be_left_out(torn, tmp_path, caplog, without_figure):
    with caplog.at_level("INFO", "cutmix_tf"):
        training.train(config(tmp_path / "run", bad_examples="skip", **torn), model=small_model)
    assert "1 of 20 examples" in caplog.text
    assert cm.runs.read_json(tmp_path / "run" / "summary.json")["epochs"] == 1
