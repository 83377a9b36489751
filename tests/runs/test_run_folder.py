"""A run's folder: claimed by one config, locked by one process, and every file is written whole or not at all."""

import json
import os
from pathlib import Path

import keras
import pytest
from helpers.small_runs import config

from cutmix_tf.runs import RunFiles, RunFolder, final_model, read_json, read_preprocessing, read_settings, save_model
from cutmix_tf.runs import write_json as write


def claim(folder, **changes):
    return RunFolder(config(folder, **changes))


def test_a_new_folder_is_made_and_holds_the_settings(tmp_path):
    folder = claim(tmp_path / "deep" / "run")
    assert read_settings(tmp_path / "deep" / "run")["epochs"] == 3
    assert folder.files is folder.home
    assert folder.read_summary() is None


def test_the_same_config_continues_wherever_files_lie(tmp_path):
    claim(tmp_path, data_dir="here", checkpoint_steps=3)
    claim(tmp_path, data_dir="there")
    assert read_settings(tmp_path)["data_dir"] == "there"


def test_another_config_is_refused_and_the_settings_that_differ_are_named(tmp_path):
    claim(tmp_path)
    with pytest.raises(FileExistsError, match=r"another config: batch_size is 16 there, 32 here; seed is 0 there, 1"):
        claim(tmp_path, seed=1, batch_size=32)
    assert read_settings(tmp_path)["seed"] == 0


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(FileExistsError, match=r"letters\.txt but no run"):
        claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"The run's folder .*file/run' can't be written: Not a directory"):
        claim(tmp_path / "file" / "run")


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"epochs": "ä'.encode("latin-1")])
def test_damaged_settings_are_named(tmp_path, content):
    file = tmp_path / "config.json"
    file.write_bytes(content) if isinstance(content, bytes) else file.write_text(content)
    with pytest.raises(ValueError, match=r"config\.json' (is damaged|must hold a JSON object)"):
        claim(tmp_path)


def test_workers_after_the_first_write_elsewhere_and_read_here(tmp_path):
    chief = claim(tmp_path)
    chief.write_history([{"epoch": 1}])
    other = RunFolder(config(tmp_path), is_chief=False)
    with other.locked():
        other.write_history([{"epoch": 1}, {"epoch": 2}])
        assert other.home.folder == tmp_path
        assert (tmp_path / "history.csv").read_text().split() == ["epoch", "1"]
        assert other.files.history.read_text().split() == ["epoch", "1", "2"]
    assert not other.files.folder.exists()


# ---- the lock ----


def test_one_holder_at_a_time(tmp_path):
    other = claim(tmp_path).locked()
    message = "Another process is already training the run"
    with claim(tmp_path).locked(), pytest.raises(FileExistsError, match=message):
        other.__enter__()
    with claim(tmp_path).locked():
        pass


def test_the_lock_s_file_stays_since_another_may_hold_it_already(tmp_path):
    """If it were removed, one process could hold the removed file's lock and another that of a new file."""
    folder = claim(tmp_path)
    with folder.locked():
        inode = folder.files.lock.stat().st_ino
    assert folder.files.lock.stat().st_ino == inode
    with claim(tmp_path).locked():
        assert folder.files.lock.stat().st_ino == inode


def test_the_lock_is_released_when_a_training_fails(tmp_path):
    with pytest.raises(KeyError), claim(tmp_path).locked():
        raise KeyError
    with claim(tmp_path).locked():
        pass


# ---- data ----


def test_data_that_changed_is_refused_by_part(tmp_path):
    claim(tmp_path).keep_data({"train": "a", "test": "b"})
    claim(tmp_path).keep_data({"train": "a", "test": "b"})
    for changed, parts in (({"train": "a", "test": "c"}, "test"), ({"train": "x"}, "train, test")):
        with pytest.raises(ValueError, match=f"has changed since this run started: {parts}\\."):
            claim(tmp_path).keep_data(changed)
    assert read_json(tmp_path / "data.json") == {"train": "a", "test": "b"}


# ---- files ----


class Unwritable(BaseException):
    pass


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_holds_finite_numbers_only_and_the_old_file_stays(tmp_path, number):
    write(tmp_path / "a.json", {"x": 1})
    with pytest.raises(ValueError, match="JSON"):
        write(tmp_path / "a.json", {"x": number})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 1}


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path, monkeypatch):
    """A process that is killed while it writes leaves the old file."""
    write(tmp_path / "a.json", {"x": 1})
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    save_model(model, tmp_path / "m.keras")
    before = (tmp_path / "m.keras").read_bytes()

    def killed(*paths):
        raise Unwritable

    monkeypatch.setattr(os, "replace", killed)
    for write_again in (lambda: write(tmp_path / "a.json", {"x": 2}), lambda: save_model(model, tmp_path / "m.keras")):
        with pytest.raises(Unwritable):
            write_again()
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 1}
    assert (tmp_path / "m.keras").read_bytes() == before


def test_paths_of_a_run_are_different_and_lie_in_its_folder():
    files = RunFiles("runs/mine")
    names = [name for name, kind in vars(RunFiles).items() if isinstance(kind, property)]
    paths = [getattr(files, name) for name in names]
    assert len(set(paths)) == len(paths) > 12
    assert {path.parent for path in paths} == {Path("runs/mine")}


def test_a_run_that_has_not_finished_has_no_final_model(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a run: final\.keras is missing"):
        final_model(tmp_path)
    claim(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"has not finished: final\.keras is missing"):
        final_model(tmp_path)
    (tmp_path / "final.keras").touch()
    assert final_model(tmp_path) == tmp_path / "final.keras"


def test_preprocessing_has_tuples_for_lists(tmp_path):
    write(tmp_path / "preprocessing.json", {"image_size": [8, 10], "augment": "none"})
    assert read_preprocessing(tmp_path) == {"image_size": (8, 10), "augment": "none"}
    with pytest.raises(FileNotFoundError, match=r"is not a run: preprocessing\.json is missing"):
        read_preprocessing(tmp_path / "nowhere")
