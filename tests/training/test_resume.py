"""A run that is stopped at any step, in any way, ends with the same bits as one that was not."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from helpers.small_runs import assert_same_bits, config, small_model, small_set, train
from helpers.started import started
from helpers.stopped_runs import Killed, at_step, die_at_call, kill

from cutmix_tf.runs import Checkpoints, RunFolder, _checkpoints, _folder
from cutmix_tf.training import Interrupted, Terminated

PROGRAM = Path(__file__).parents[1] / "programs" / "train_small.py"
SLOW = pytest.mark.slow
pytestmark = pytest.mark.usefixtures("without_figure")


def run(folder, **changes):
    """A run that saves a checkpoint at each step."""
    return train(folder, checkpoint_minutes=0.0, **changes)


def assert_same_run(folder, expected):
    """The same history, models, and state of the optimizer in the last checkpoint."""
    assert_same_bits(folder, expected)
    one, other = (
        arrays_in(each / "checkpoints" / "step-000000012" / "state.weights.h5") for each in (folder, expected)
    )
    assert len(one) > 11  # the model's weights, and the optimizer's
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def arrays_in(file):
    """All arrays of an HDF5 file, by path."""
    arrays = {}
    with h5py.File(file) as opened:
        opened.visititems(
            lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    return arrays


@pytest.mark.parametrize("step", [6, *(pytest.param(step, marks=SLOW) for step in (1, 4, 11))])
def test_a_run_killed_after_a_step_ends_with_the_same_bits(finished, tmp_path, step):
    with at_step(step, kill), pytest.raises(Killed):
        run(tmp_path / "run")
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished.folder)


@pytest.mark.slow
def test_a_run_killed_between_checkpoints_ends_with_the_same_bits(finished, tmp_path):
    """It takes the steps after its last checkpoint, the end of the first epoch, again."""
    with at_step(7, kill), pytest.raises(Killed):
        train(tmp_path / "run")
    train(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished.folder)


SAVING = {
    "weights": (keras.Model, "save_weights", 3),
    "digests": (_checkpoints, "_digest", 7),
    "renaming": (os, "replace", 12),
    "history": (_folder, "history_to_csv", 2),
}


@pytest.mark.slow
@pytest.mark.parametrize(("place", "name", "number"), SAVING.values(), ids=SAVING)
def test_a_run_killed_while_it_saves_ends_with_the_same_bits(finished, tmp_path, monkeypatch, place, name, number):
    with monkeypatch.context() as patch:
        patch.setattr(place, name, die_at_call(getattr(place, name), number))
        with pytest.raises(Killed):
            run(tmp_path / "run")
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished.folder)


STOPPING = [
    pytest.param(signal.SIGINT, Interrupted, id="Ctrl-C"),
    pytest.param(signal.SIGTERM, Terminated, marks=SLOW, id="SIGTERM"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "error"), STOPPING)
def test_a_signal_saves_and_the_run_ends_with_the_same_bits(finished, tmp_path, caplog, number, error):
    handler = signal.getsignal(number)
    with at_step(5, lambda: signal.raise_signal(number)), pytest.raises(error):
        train(tmp_path / "run")
    assert "Stopped and saved at step 6." in caplog.text
    assert signal.getsignal(number) == handler
    assert Checkpoints(tmp_path / "run" / "checkpoints").names() == ["step-000000004", "step-000000006"]
    train(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished.folder)


@pytest.mark.parametrize("damage", ["truncated", pytest.param("flipped", marks=SLOW)])
def test_a_damaged_checkpoint_is_skipped(finished, tmp_path, caplog, damage):
    shutil.copytree(finished.folder, tmp_path / "run")
    (tmp_path / "run" / "summary.json").unlink()
    file = tmp_path / "run" / "checkpoints" / "step-000000012" / "state.weights.h5"
    content = file.read_bytes()
    middle = len(content) // 2
    file.write_bytes(content[:middle] + (b"" if damage == "truncated" else b"?" + content[middle + 1 :]))
    train(tmp_path / "run")
    assert "Skipping checkpoint step-000000012: state.weights.h5 is damaged" in caplog.text
    assert_same_run(tmp_path / "run", finished.folder)


@pytest.mark.slow
def test_a_full_disk_ends_with_a_clear_error_and_an_intact_checkpoint(finished, tmp_path, monkeypatch):
    save, calls = keras.Model.save_weights, iter(range(100))

    def full(*arguments, **options):
        if next(calls) == 5:
            raise OSError(28, "No space left on device")
        return save(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "save_weights", full)
        message = r"step 6 can't be written.*No space left.*The last one, step-000000005, is intact"
        with pytest.raises(OSError, match=message):
            run(tmp_path / "run")
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished.folder)


def test_a_nan_stops_the_run(tmp_path):
    with pytest.raises(FloatingPointError, match=r"NaN at step \d+ .* cutmix-tf replay .*run --step \d+"):
        run(tmp_path / "run", learning_rate=1e30)


@pytest.mark.slow
def test_one_process_at_a_time_trains_a_run(tmp_path):
    with RunFolder(config(tmp_path / "run")).locked(), pytest.raises(FileExistsError, match="already training the run"):
        train(tmp_path / "run")
    assert started(config(tmp_path / "run"), model=small_model, images=small_set()).options["epochs"] == 3


@pytest.mark.slow
def test_a_run_of_a_time_when_there_were_fewer_settings_continues(tmp_path):
    started(config(tmp_path / "run"), model=small_model, images=small_set())
    file = tmp_path / "run" / "config.json"
    held = json.loads(file.read_text())
    del held["static_shapes"]
    file.write_text(json.dumps(held))
    started(config(tmp_path / "run"), model=small_model, images=small_set())
    assert json.loads(file.read_text())["static_shapes"] is False


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_with_the_same_bits(finished, tmp_path):
    draw = random.Random(0)
    for _ in range(20):
        child = subprocess.Popen(
            [sys.executable, PROGRAM, tmp_path / "run"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with child:
            child.stdout.readline()
            time.sleep(draw.uniform(1, 9))
            child.send_signal(signal.SIGKILL)
    run(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished.folder)
