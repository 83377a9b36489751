"""Studies: which runs are missing, what the report makes of raw files, and what --check notices."""

import dataclasses
import json
import math
import sys
from pathlib import Path

import behavior
import cards
import estimates
import pytest
import report
from figures import draw_arms
from run import keep
from study import KEPT, NETWORK, Arm, Study, StudyRun, load_study, study_names

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig

ROOT = Path(__file__).parents[2]
ACCURACY = ("top1_error", "top5_error", "negative_log_likelihood", "brier_score")
ERRORS = {"none": (30.0, 31.0, 32.0), "cutmix_0.5": (28.0, 30.0, 29.0)}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of two arms and three seeds whose results are in a temporary folder, with all runs but the last."""
    monkeypatch.setattr("study.ROOT", tmp_path)
    arms = {"none": Arm("no mixing", {}), "cutmix_0.5": Arm("CutMix 0.5", {"mix": CutMix(prob=0.5)})}
    made = Study(
        "tiny", "A tiny study", "Does it help?", TrainConfig(dataset="shapes", model="resnet20", epochs=2), arms
    )
    for run in list(made.runs())[:-1]:
        write(run, ERRORS[run.arm][run.seed])
    return made


def write(run, error):
    run.kept.folder.mkdir(parents=True)
    summary = {"top1_error_last": error, "top1_error_best": error - 1, "loss_last": error / 20, "mix": "none"}
    summary |= {"train_top1_error_last": 5.0, "best_epoch": 2, "epochs": 2, "params": 3, "seconds": 60.0}
    summary |= {"measured_with": {"commit": "abc", "machine": "Linux", "tensorflow": "2.21.0"}}
    run.kept.summary.write_text(json.dumps(summary))
    run.kept.config.write_text("{}")
    rows = [f"{epoch},0.5,{error + 2 - epoch},0.1" for epoch in (1, 2)]
    run.kept.history.write_text("\n".join(["epoch,train_top1_error,test_top1_error,learning_rate", *rows]))


def test_runs_come_seed_by_seed_and_differ_in_arm_and_seed_alone(study):
    runs = list(study.runs())
    assert [(run.arm, run.seed) for run in runs[:3]] == [("none", 0), ("cutmix_0.5", 0), ("none", 1)]
    assert [run.finished for run in runs] == [True] * 5 + [False]
    config = StudyRun(study, "cutmix_0.5", 2).config()
    assert (config.mix, config.seed, config.epochs) == (CutMix(prob=0.5), 2, 2)
    assert not Path(config.run_dir).is_absolute()


def test_tables_hold_means_intervals_and_paired_differences(study):
    runs = [run for run in study.runs() if run.finished]
    page = report.page(study, runs)
    half_width = 4.302653 * 1.0 / math.sqrt(3)  # Student's t at 2 degrees of freedom, standard deviation 1
    assert f"| no mixing | 0 (30.0), 1 (31.0), 2 (32.0) | 31.00 ± {half_width:.2f} |" in page
    assert "| CutMix 0.5 | no mixing | 2 | -1.50 ±" in page  # seeds 0 and 1: −2 and −1
    assert "| no mixing | CutMix 0.5 |" not in page  # it would say the same
    assert "5 of 6 runs have finished" in page
    assert report.runs_csv(runs).splitlines()[1].startswith("none,0,30.0,29.0,1.5,")


def test_a_page_says_when_nothing_is_missing(study):
    write(StudyRun(study, "cutmix_0.5", 2), 27.0)
    assert "All 6 runs have finished." in report.page(study, list(study.runs()))
    alone = dataclasses.replace(study, arms={"none": dataclasses.replace(study.arms["none"], seeds=(0,))})
    assert "The run has finished." in report.page(alone, list(alone.runs()))


def test_an_arm_can_say_what_it_is_compared_with(study):
    arms = {**study.arms, "cutmix_0.5": dataclasses.replace(study.arms["cutmix_0.5"], versus="none")}
    grid = dataclasses.replace(study, arms=arms, baseline=None)
    differences = report.page(grid, [run for run in grid.runs() if run.finished]).partition("## Differences")[2]
    assert "| CutMix 0.5 | no mixing | 2 |" in differences
    assert "| no mixing | CutMix 0.5 |" not in differences


def test_an_arm_is_compared_with_its_control_too_whose_curve_is_dashed(study):
    arms = {**study.arms, "none": dataclasses.replace(study.arms["none"], control="cutmix_0.5")}
    controlled = dataclasses.replace(study, arms=arms)
    runs = [run for run in controlled.runs() if run.finished]
    assert "| no mixing | CutMix 0.5 | 2 | 1.50 ±" in report.page(controlled, runs)
    lines = draw_arms(controlled, runs).axes[0].get_lines()
    styles = {line.get_label(): line.get_linestyle() for line in lines}
    assert (styles["no mixing"], styles["CutMix 0.5"]) == ("-", "--")


def test_a_single_seed_has_no_interval():
    assert str(estimates.estimate([3.0])) == "3.00"
    assert estimates.paired_difference({0: 1.0}, {1: 2.0}) is None


def test_the_figure_shows_each_arm(study):
    file = report.draw(study, [run for run in study.runs() if run.finished])
    assert file.stat().st_size > 10_000


def test_the_figure_leaves_out_arms_with_fewer_seeds(study):
    arms = {**study.arms, "cutmix_0.5": dataclasses.replace(study.arms["cutmix_0.5"], seeds=(0,))}
    uneven = dataclasses.replace(study, arms=arms)
    figure = draw_arms(uneven, [run for run in uneven.runs() if run.finished])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["no mixing"]


@pytest.mark.parametrize("name", study_names())
def test_every_study_loads_and_its_configs_are_valid(name):
    study = load_study(name)
    named = {study.baseline, *(name for arm in study.arms.values() for name in (arm.versus, arm.control))}
    assert named <= {None, *study.arms}
    for run in study.runs():
        assert run.config().epochs > 1


def test_an_unknown_study_is_named():
    with pytest.raises(ValueError, match=r"There is no study 'probs'\. Did you mean 'probes'"):
        load_study("probs")


def has_results(name):
    return (ROOT / "results" / name / "runs").exists()


@pytest.mark.parametrize("name", study_names())
def test_what_is_committed_is_what_the_raw_files_give(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["report.py", name, "--check"])
    with pytest.raises(SystemExit) as ended:
        report.main()
    if has_results(name):
        assert ended.value.code == 0
    else:
        assert "no run has finished" in ended.value.code


def test_check_notices_a_changed_table(study, monkeypatch):
    monkeypatch.setattr(report, "load_study", lambda name: study)
    monkeypatch.setattr(sys, "argv", ["report.py", "tiny"])
    report.main()
    monkeypatch.setattr(sys, "argv", ["report.py", "tiny", "--check"])
    with pytest.raises(SystemExit) as ended:
        report.main()
    assert ended.value.code == 0
    table = study.results / "runs.csv"
    table.write_text(table.read_text().replace("30.0", "29.0"))
    with pytest.raises(SystemExit, match=r"Out of date: .*runs\.csv"):
        report.main()


def test_evaluations_get_a_page_and_a_figure_of_their_own(study):
    """Means over the seeds that were evaluated, a dash where an arm lacks a number."""
    assert not behavior.evaluated(study)
    for run, errors in ((StudyRun(study, "none", 0), (30.0, 10.0)), (StudyRun(study, "none", 1), (31.0, 12.0))):
        evaluate(run, accuracy=errors[0], calibration=errors[1])
    evaluate(StudyRun(study, "cutmix_0.5", 0), accuracy=28.0)
    page = behavior.page(study)
    assert "| seeds | 0, 1 | 0 |" in page
    assert f"| top-1 error % | 30.50 ± {12.706205 * 0.5:.2f} | 28.00 |" in page
    assert "| expected calibration error % | 11.00 ± 12.71 | – |" in page
    assert "[beyond the error](behavior.md)" in report.page(study, [run for run in study.runs() if run.finished])
    report.draw(study, [run for run in study.runs() if run.finished])
    assert (study.results / "behavior.png").stat().st_size > 5_000


def evaluate(run, accuracy, calibration=None):
    results = {"dataset": "shapes", "examples": 100, "accuracy": dict.fromkeys(ACCURACY, accuracy)}
    if calibration is not None:
        results["calibration"] = {"expected_calibration_error": calibration}
    run.kept.evaluation.write_text(json.dumps(results))


def test_the_models_a_study_keeps_are_copied_with_a_card(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = dataclasses.replace(study, networks={"cutmix": ("cutmix_0.5", 1)})
    trained, other = StudyRun(study, "cutmix_0.5", 1), StudyRun(study, "none", 1)
    for each in (trained, other):
        each.folder.mkdir(parents=True)
        for name in {*KEPT, *NETWORK}:
            (each.folder / name).write_text(name)
        for name in KEPT:
            (each.folder / name).write_bytes((each.kept.folder / name).read_bytes())
        keep(each)
    assert sorted(file.name for file in study.results.rglob("final.keras")) == ["final.keras"]
    assert (study.results / "cutmix" / "final.keras").is_file()
    assert cards.kept(study) == [trained]
    settings = {"model": "resnet20", "dataset": "shapes", "train_split": "train", "mix": "CutMix(prob=0.5)"}
    trained.kept.config.write_text(json.dumps(settings | {"epochs": 2, "augment": "none"}))
    evaluate(trained, accuracy=29.0, calibration=4.0)
    card = cards.page(trained)
    assert "| test error, last epoch, all test images | 30.00 |" in card
    assert "| calibration error (%) ↓, 100 test images | 4.00 |" in card
    assert "evaluate_keras.py results/tiny/cutmix" in card
