"""Evaluations as files, tables and figures."""

import json
from pathlib import Path

import pytest

from cutmix_tf import evaluation as ev
from cutmix_tf import plotting

ROOT = Path(__file__).parents[2]


def accuracy(error):
    return {"top1_error": error, "top5_error": 1.0, "negative_log_likelihood": 1.0, "brier_score": 0.1}


def calibration(error):
    return {"expected_calibration_error": error, "counts": [30, 2], "confidence": [0.5, 0.9], "accuracy": [0.5, 0.0]}


def test_tables_show_what_was_measured():
    text = ev.table({"one": {"accuracy": accuracy(12.34)}, "another": {"calibration": calibration(0.5)}})
    header, first, *_, last = text.splitlines()
    assert header.split() == ["one", "another"]
    assert first.split() == ["top-1", "error", "%", "12.3", "–"]
    assert last.split() == ["expected", "calibration", "error", "%", "–", "0.500"]
    assert len({len(line) for line in text.splitlines()}) == 1


def test_results_are_written_whole_or_not_at_all(tmp_path):
    ev.write_evaluation(tmp_path / "new", {"a": 1.5})
    with pytest.raises(ValueError, match="Out of range float values"):
        ev.write_evaluation(tmp_path / "new", {"a": float("nan")})
    assert ev.read_evaluation(tmp_path / "new") == {"a": 1.5}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["evaluation.json"]
    with pytest.raises(FileNotFoundError, match="has not been evaluated"):
        ev.read_evaluation(tmp_path / "other")


def test_runs_get_the_color_of_their_method():
    results = {"calibration": calibration(1.0)}
    figure = ev.draw_evaluations({"b": {"mix": "CutMix()", **results}, "a": {"mix": "none", **results}})
    lines = figure.legends[0].get_lines()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["b", "a"]
    assert [line.get_color() for line in lines] == [plotting.METHOD_COLORS[name] for name in ("CutMix", "none")]


def test_a_figure_has_a_panel_for_each_suite_that_was_run():
    occlusion = {"share": [0.0, 1.0], "center": [5.0, 90.0], "boundary": [90.0, 5.0]}
    figure = ev.draw_evaluations({"a": {"calibration": calibration(1.0), "occlusion": occlusion}, "b": {}})
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == ["Calibration", "Occlusion"]
    with pytest.raises(ValueError, match="needs the results of a suite with a panel: calibration, fgsm, occlusion"):
        ev.draw_evaluations({"a": {"accuracy": accuracy(1.0)}})


def test_bins_of_few_examples_are_not_drawn():
    figure = ev.draw_evaluations({"a": {"calibration": calibration(1.0)}})
    (dots,) = figure.axes[0].collections
    assert dots.get_offsets().tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("path", sorted((ROOT / "results").rglob("evaluation.json")), ids=lambda path: path.parent.name)
def test_committed_results_can_be_read(path):
    held = json.loads(path.read_text())
    evaluations = {"run": held} if "dataset" in held else held
    figure = ev.draw_evaluations(evaluations)
    assert {"Calibration"} < {axes.get_title() for axes in figure.axes}
    for results in evaluations.values():
        assert ev.headlines(results)["top-1 error %"] == results["accuracy"]["top1_error"]
        assert len(ev.headlines(results)) >= 5
