"""cutmix-tf evaluate: from runs to files, figures and tables."""

import json
import sys

import numpy as np
import pytest
import tensorflow as tf
from helpers.evaluated_models import quarters_set, trained_model

from cutmix_tf import evaluation as ev
from cutmix_tf.cli import run_command
from cutmix_tf.cli._evaluate import EvaluateOptions, run_evaluation
from cutmix_tf.cli._progress import CounterLine


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a finished run, as far as evaluation reads it, beside its dataset as a folder."""
    root = tmp_path_factory.mktemp("evaluate")
    test = quarters_set().test
    for index, (image, label) in enumerate(zip(test.images, test.labels, strict=True)):
        folder = root / "images" / "test" / "abcd"[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{index}.png").write_bytes(tf.io.encode_png(image).numpy())
    folder = root / "runs" / "first"
    folder.mkdir(parents=True)
    trained_model().keras_model.save(folder / "final.keras")
    (folder / "config.json").write_text(json.dumps({"dataset": f"folder:{root / 'images'}", "mix": "MixUp()"}))
    (folder / "preprocessing.json").write_text(json.dumps({"image_size": [12, 12], "augment": "crop_flip"}))
    return folder


def evaluate(*words):
    run_command("evaluate", list(map(str, words)), "cutmix-tf evaluate")


def test_a_run_gets_its_report_its_figures_and_a_table(run, capsys):
    evaluate(run, "--suites", "accuracy,occlusion,ood", "--limit", 40)
    results = ev.read_evaluation(run)
    assert list(results) == ["name", "mix", "dataset", "examples", "accuracy", "occlusion", "ood", "measured_with"]
    assert (results["name"], results["mix"], results["examples"]) == ("first", "MixUp()", 40)
    assert list(results["ood"]["sets"]) == ["uniform", "gaussian"]
    assert {"evaluation.png", "cams.png"} <= {path.name for path in run.iterdir()}
    out = capsys.readouterr().out
    for title in ev.headlines(results):
        assert title in out
    assert "first: occlusion " in out
    assert f"Saved in {run}" in out


def test_sets_that_no_suite_uses_are_not_loaded(run, tmp_path):
    evaluate(run, "--suites", "accuracy", "--ood", "no such set", "--limit", 4, "--save", tmp_path)
    assert (tmp_path / "evaluation.json").is_file()
    assert not (tmp_path / "evaluation.png").exists()  # accuracy has no panel


@pytest.mark.slow
def test_several_runs_are_compared(run, tmp_path, capsys):
    (run / "best.keras").write_bytes((run / "final.keras").read_bytes())
    paths = (run, run / "best.keras", run)
    options = EvaluateOptions(paths, suites="accuracy,occlusion", compare=True, save=tmp_path / "all")
    evaluations = run_evaluation(options)
    assert list(evaluations) == ["first", "best", "first_2"]
    found = {path.relative_to(tmp_path / "all").as_posix() for path in (tmp_path / "all").rglob("*.*")}
    each = {f"{name}/{file}" for name in evaluations for file in ("evaluation.json", "evaluation.png", "cams.png")}
    assert found == {"comparison.json", "comparison.png", *each}
    assert json.loads((tmp_path / "all" / "comparison.json").read_text()).keys() == evaluations.keys()
    assert ev.table(evaluations) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Name at least one finished run"),
        (["nowhere"], "There is no run or .keras file at 'nowhere'"),
        (["RUN", "--suites", "wsol,accurcy"], "Did you mean 'accuracy'"),
        (["RUN", "--limit", "0"], "limit must be at least 1"),
        (["RUN", "--compare"], "add --save FOLDER"),
        (["RUN", "--suites", "wsol"], "The wsol suite doesn't fit"),
        (["RUN", "--dataset", "shapes"], "first has 4 classes, but shapes has 10"),
    ],
)
def test_errors_are_one_line(words, message, run):
    with pytest.raises(SystemExit) as stopped:
        evaluate(*[run if word == "RUN" else word for word in words])
    text = str(stopped.value)
    assert text.startswith("cutmix-tf evaluate: ")
    assert message in text
    assert "\n" not in text


def test_mixed_images_are_drawn(run, tmp_path, capsys):
    run_command("mixed-cams", [str(run), "--save", str(tmp_path / "mixed.png"), "--count", "3"], "cutmix-tf mixed-cams")
    pixels = tf.io.decode_png((tmp_path / "mixed.png").read_bytes(), channels=3).numpy()
    assert np.ptp(pixels) == 255
    assert f"Saved {tmp_path / 'mixed.png'}" in capsys.readouterr().out
    words = [str(run), "--save", str(tmp_path / "none.png"), "--mix", "Cutout(size=3)"]
    with pytest.raises(SystemExit, match="must paste or blend pairs"):
        run_command("mixed-cams", words, "cutmix-tf mixed-cams")


def test_the_counter_counts_what_was_computed(capsys, monkeypatch):
    line = CounterLine()
    line.add(5)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with line.task("first: accuracy"):
        line.add(1000)
        line.add(234)
    updates = capsys.readouterr().out
    assert updates.startswith("first: accuracy")
    assert updates.rstrip("\n").split("\r")[-1].split()[2:4] == ["1,234", "images"]
    line.add(5)
    assert capsys.readouterr().out == ""
