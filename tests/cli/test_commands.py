"""What the commands print and write, on small finished runs."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers.looks import save_teachers
from helpers.small_runs import content_of, small_set, train

from cutmix_tf import training
from cutmix_tf.cli import _replay, _train, main
from cutmix_tf.cli._list import topics
from cutmix_tf.recipes import RECIPES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two finished runs."""
    folder = tmp_path_factory.mktemp("runs")
    train(folder / "cutmix", epochs=1)
    shutil.copytree(folder / "cutmix", folder / "other")
    summary = json.loads((folder / "other" / "summary.json").read_text())
    (folder / "other" / "summary.json").write_text(json.dumps({**summary, "top1_error_last": 12.34}))
    return folder


HEADER = """from cutmix_tf import *
from cutmix_tf.attention import Teacher
from cutmix_tf.training import TrainConfig
"""


def test_train_prints_the_summary(tmp_path, monkeypatch, capsys):
    summary = {"top1_error_last": 12.3456789, "params": 322, "measured_with": {"a": 1, "b": 2}}
    monkeypatch.setattr(_train, "train", lambda config, **options: summary)
    file = tmp_path / "mine.py"
    file.write_text(f"{HEADER}config = TrainConfig(dataset='d', model='m', epochs=1)")
    main(["train", str(file), "--run-dir", "runs/x"])
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["Training", "m on d, files in runs/x"]
    assert lines[1:] == [["top1_error_last", "12.35"], ["params", "322"], ["measured_with", "a 1, b 2"]]


@pytest.mark.slow
def test_compare_puts_runs_side_by_side_and_draws_their_curves(runs, tmp_path, capsys):
    main(["compare", str(runs / "cutmix"), str(runs / "other"), "--save", str(tmp_path / "both")])
    printed = capsys.readouterr().out
    header, last, *_ = printed.splitlines()
    assert header.split() == ["cutmix", "other"]
    assert last.split()[-1] == "12.3"
    assert {file.name for file in (tmp_path / "both").iterdir()} == {"comparison.json", "curves.png", "mixes.png"}
    assert json.loads((tmp_path / "both" / "comparison.json").read_text())["other"]["top1_error_last"] == 12.34


@pytest.mark.slow
def test_replay_describes_a_batch_and_saves_it(runs, tmp_path, monkeypatch, capsys):
    replayed = training.replay
    monkeypatch.setattr(_replay, "replay", lambda run, step: replayed(run, step, images=small_set()))
    before = content_of(runs / "cutmix")
    main(["replay", str(runs / "cutmix"), "--step", "2", "--save", str(tmp_path / "batch.npz")])
    assert content_of(runs / "cutmix") == before
    saved = dict(np.load(tmp_path / "batch.npz"))
    expected = replayed(runs / "cutmix", 2, images=small_set())
    assert saved.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(saved[name], array)
    images, targets = capsys.readouterr().out.splitlines()
    assert "images  float32 (16, 8, 8, 3)" in images or "images  float32 (16, 8, 8, 3)" in targets
    assert images.endswith("0 not finite")


def test_check_data_lists_unreadable_examples_and_says_by_its_exit_code_whether_there_are_any(tmp_path, capsys):
    jpeg = tf.io.encode_jpeg(np.full((8, 8, 3), 99, np.uint8)).numpy()
    for name in ("train/a/1.jpg", "train/b/2.jpg", "test/a/3.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(jpeg)
    with pytest.raises(SystemExit) as stopped:
        main(["check-data", f"folder:{tmp_path}"])
    assert stopped.value.code == 0
    (tmp_path / "train" / "b" / "2.jpg").write_bytes(jpeg[:-30])
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        main(["check-data", f"folder:{tmp_path}"])
    assert stopped.value.code == 1
    printed = capsys.readouterr().out
    assert "b/2.jpg" in printed
    assert "train: 1 of 2 examples can't be read" in printed
    assert "test: 0 of 1 examples can't be read" in printed


def test_the_list_names_the_configs_of_a_folder_without_running_them(tmp_path):
    (tmp_path / "mine.py").write_text('"""What it is.\n\nMore."""\nraise SystemExit\n')
    (tmp_path / "transfer").mkdir()
    (tmp_path / "transfer" / "detection_mine.py").write_text('"""What it finds."""\nraise SystemExit\n')
    tables = topics(tmp_path)
    assert tables["configs"].endswith("  mine  What it is.")
    assert tables["transfer"].endswith("  detection_mine  What it finds.")


def test_the_list_names_every_recipe_and_every_transfer_config(capsys):
    main(["list"])
    printed = capsys.readouterr().out
    configs = [file.stem for file in (ROOT / "configs" / "transfer").glob("*.py")]
    assert configs
    for name in [*RECIPES, *configs]:
        assert re.search(rf"^  {name} +\w", printed, re.MULTILINE), name


def test_a_topic_lists_its_names_alone(capsys):
    main(["list", "configs"])
    printed = capsys.readouterr().out
    assert "  shapes_resnet20_cutmix " in printed
    assert "pyramidnet200" not in printed


@pytest.mark.slow
def test_a_config_with_a_teacher_gets_its_maps_ahead_of_training(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_teachers()
    settings = "dataset='shapes', train_split='train[:9]', model='resnet20', epochs=1, batch_size=4"
    attention = "mix=AttentiveCutMix(), teacher=Teacher('bright.keras')"
    (tmp_path / "mine.py").write_text(f"{HEADER}config = TrainConfig({settings}, {attention})")
    main(["attention", "mine.py"])
    assert "attention/shapes-bright-mean.npz: 9 maps of 7×7 cells" in capsys.readouterr().out
    main(["attention", "mine.py", "--save", "figure.png", "--count", "3"])
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "runs").exists()
