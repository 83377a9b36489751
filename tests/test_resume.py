"""A run that is stopped at any step, in any way, ends with the same bits; damage and NaN are told."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import test_training as small
from test_training import small_set  # noqa: F401 - a fixture

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.training import _callbacks, _checkpoints
from cutmix_tf.training.replay import replay

ROOT = Path(__file__).parents[1]
STEPS = 4  # an epoch of `small_set` at its batch size; runs have three


class Killed(BaseException):
    """Ends a run in the middle, as a kill would."""


def run(folder, **changes):
    return small.train(small.config(folder, checkpoint_minutes=0.0, **changes))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run of the same config: its folder."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        small.small_set.__wrapped__(patch)
        run(folder)
    return folder


def assert_same_run(folder, whole):
    assert (folder / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    for one, two in zip(small.weights_of(folder), small.weights_of(whole), strict=True):
        np.testing.assert_array_equal(one, two)
    best, expected = (keras.saving.load_model(each / "best.keras").get_weights() for each in (folder, whole))
    for one, two in zip(best, expected, strict=True):
        np.testing.assert_array_equal(one, two)
    optimizers = [_optimizer_of(each) for each in (folder, whole)]
    for one, two in zip(*optimizers, strict=True):
        np.testing.assert_array_equal(one, two)


def _optimizer_of(folder):
    """The optimizer's variables in the last checkpoint."""
    again = training.Run(small.config(folder, checkpoint_minutes=0.0), model=small.small_model)
    _checkpoints.Checkpoints(folder / "checkpoints").load(again.model)
    return [np.array(variable) for variable in again.model.optimizer.variables]


@pytest.mark.parametrize("step", [1, 4, 6, 11])
def test_a_run_killed_after_any_step_ends_with_the_same_bits(small_set, whole, tmp_path, monkeypatch, step):  # noqa: F811
    counted = _callbacks.StepWatcher.on_train_batch_end

    def count_and_die(self, batch, logs=None):
        counted(self, batch, logs)
        if self.progress.step == step:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(_callbacks.StepWatcher, "on_train_batch_end", count_and_die)
        with pytest.raises(Killed):
            run(tmp_path / "run")
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


@pytest.mark.parametrize("place", ["save_weights", "progress.json", "replace"])
def test_a_run_killed_while_it_saves_ends_with_the_same_bits(small_set, whole, tmp_path, monkeypatch, place):  # noqa: F811
    calls = iter(range(100))

    def die_the_third_time(function):
        def dying(*args, **kwargs):
            if next(calls) == 2:
                raise Killed
            return function(*args, **kwargs)

        return dying

    with monkeypatch.context() as patch:
        if place == "save_weights":
            patch.setattr(keras.Model, place, die_the_third_time(keras.Model.save_weights))
        elif place == "replace":
            patch.setattr(_checkpoints.os, "replace", die_the_third_time(os.replace))
        else:
            patch.setattr(_checkpoints, "_digest", die_the_third_time(_checkpoints._digest))
        with pytest.raises(Killed):
            run(tmp_path / "run")
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


def test_sigterm_saves_and_exits_so_that_schedulers_start_again(small_set, whole, tmp_path, monkeypatch, capsys):  # noqa: F811
    counted = _callbacks.StepWatcher.on_train_batch_end

    def count_and_tell(self, batch, logs=None):
        if self.progress.step == 5:
            signal.raise_signal(signal.SIGTERM)
        counted(self, batch, logs)

    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patch:
        patch.setattr(_callbacks.StepWatcher, "on_train_batch_end", count_and_tell)
        with pytest.raises(SystemExit) as stopped:
            small.train(small.config(tmp_path / "run"))
    signal.signal(signal.SIGTERM, before)
    assert stopped.value.code == _callbacks.STOPPED == 75
    assert "saved at step 6. To go on: " in capsys.readouterr().out
    assert _checkpoints.Checkpoints(tmp_path / "run" / "checkpoints").names()[-1] == "step-000000006"
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_a_damaged_checkpoint_is_passed_over(small_set, whole, tmp_path, capsys, damage):  # noqa: F811
    run(tmp_path / "run")
    (tmp_path / "run" / "summary.json").unlink()
    newest = sorted((tmp_path / "run" / "checkpoints").iterdir())[-1]
    file = newest / "state.weights.h5"
    content = file.read_bytes()
    middle = len(content) // 2
    file.write_bytes(content[:middle] + (b"" if damage == "truncated" else b"?" + content[middle + 1 :]))
    run(tmp_path / "run")
    assert f"Passing over {newest.name}" in capsys.readouterr().out
    assert_same_run(tmp_path / "run", whole)


def test_when_all_checkpoints_are_damaged_nothing_is_trained_on(small_set, tmp_path):  # noqa: F811
    run(tmp_path / "run")
    (tmp_path / "run" / "summary.json").unlink()
    for checkpoint in (tmp_path / "run" / "checkpoints").iterdir():
        (checkpoint / "progress.json").write_text("{")
    with pytest.raises(ValueError, match=r"All checkpoints .* are damaged"):
        run(tmp_path / "run")


def test_a_full_disk_ends_with_a_clear_error_and_an_intact_checkpoint(small_set, whole, tmp_path, monkeypatch):  # noqa: F811
    save = keras.Model.save_weights
    calls = iter(range(100))

    def full(*args, **kwargs):
        if next(calls) == 5:
            raise OSError(28, "No space left on device")
        return save(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "save_weights", full)
        with pytest.raises(
            OSError, match=r"step 6 can't be written.*No space left.*The last one, step-000000005, is whole"
        ):
            run(tmp_path / "run")
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


def test_a_nan_stops_the_run_and_its_batch_can_be_made_again(small_set, tmp_path):  # noqa: F811
    settings = small.config(tmp_path / "run", learning_rate=1e30, model="resnet20")
    with pytest.raises(FloatingPointError, match=r"NaN at step \d+ .*training\.replay .*run --step \d+"):
        training.train(settings)
    trained_on = list(training.Run(settings).train_batches().take(6))[5]
    again = replay(tmp_path / "run", 5)
    np.testing.assert_array_equal(again["images"], trained_on[0])
    np.testing.assert_array_equal(again["targets"], trained_on[1])
    with pytest.raises(FileNotFoundError, match="holds no run"):
        replay(tmp_path / "nowhere", 5)


def test_configs_come_back_from_json(tmp_path):
    from cutmix_tf.training._run_folder import config_from_json, config_to_json

    settings = small.config(
        tmp_path, mix=cm.FeatureCutMix(taps=(0, 1)), erase=cm.Cutout(), mix_schedule=((0, 0), (1, 1)),
        regularizer=cm.models.WithDropBlock(),
    )  # fmt: skip
    assert config_from_json(config_to_json(settings)) == settings


CHILD = """
import sys
sys.path.insert(0, "tests")
import pytest, test_training as small
with pytest.MonkeyPatch.context() as patch:
    small.small_set.__wrapped__(patch)
    print("ready", flush=True)
    small.train(small.config(sys.argv[1], checkpoint_minutes=0.0))
"""


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_with_the_same_bits(small_set, whole, tmp_path):  # noqa: F811
    draw = random.Random(0)
    for _ in range(20):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "run")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with child:
            child.stdout.readline()
            time.sleep(draw.uniform(1, 9))
            child.send_signal(signal.SIGKILL)
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


def test_checkpoints_are_written_after_so_many_steps_and_so_many_are_kept(small_set, tmp_path):  # noqa: F811
    steps = {"checkpoint_minutes": 60.0, "checkpoint_steps": 3, "checkpoints_kept": 3}
    small.train(small.config(tmp_path / "run", **steps))
    assert _checkpoints.Checkpoints(tmp_path / "run" / "checkpoints").names() == [
        "step-000000008",  # the end of the second epoch
        "step-000000009",
        "step-000000012",
    ]


def test_one_process_at_a_time_trains_a_run(small_set, tmp_path):  # noqa: F811
    first = training.Run(small.config(tmp_path / "run"), model=small.small_model)
    second = training.Run(small.config(tmp_path / "run"), model=small.small_model)
    with first.folder.locked(), pytest.raises(FileExistsError, match="Another process trains the run"):
        second.fit()
    second.fit()


def test_a_run_of_a_time_when_there_were_fewer_settings_goes_on(small_set, tmp_path):  # noqa: F811
    run(tmp_path / "run", epochs=1)
    file = tmp_path / "run" / "config.json"
    held = json.loads(file.read_text())
    del held["static_shapes"]
    file.write_text(json.dumps(held))
    run(tmp_path / "run", epochs=1)
