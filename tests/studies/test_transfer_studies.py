"""Studies of transfer: backbones that are trained before, what is kept of both trainings, and the whole chain."""

import json

import numpy as np
import pytest
import report
import run as runner
import tensorflow_datasets as tfds
from helpers import tiny_sets
from study import KEPT, Arm, Study, StudyRun

from cutmix_tf import CutMix
from cutmix_tf.training import TrainConfig
from cutmix_tf.transfer import CaptioningConfig, DetectionConfig, _caption_set

BEFORE = TrainConfig(dataset="shapes", model="resnet20", epochs=2)
ARMS = {
    "none": Arm("no mixing", {}, (0, 1)),
    "cutmix": Arm("CutMix", {"epochs": 7}, (0, 1), pretraining={"mix": CutMix()}),
    "scratch": Arm("from scratch", {}, (0, 1), pretraining=None),
}
SCORES = {"none": (20.0, 22.0), "cutmix": (23.0, 27.0), "scratch": (10.0, 10.0)}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of detection in a temporary folder."""
    monkeypatch.setattr("study.ROOT", tmp_path)
    config = DetectionConfig(dataset="scenes", backbone="resnet20", epochs=5)
    return Study("tiny", "A tiny study", "Does it help?", config, ARMS, pretraining=BEFORE)


def write(folder, summary, column):
    folder.mkdir(parents=True)
    facts = {"epochs": 5, "params": 3, "seconds": 60.0, "measured_with": {"commit": "abc", "machine": "Linux"}}
    (folder / "summary.json").write_text(json.dumps(summary | facts))
    (folder / "config.json").write_text("{}")
    (folder / "history.csv").write_text(f"epoch,train_loss,{column}\n1,2.0,5\n2,1.0,9\n")


def finish(study):
    for each in study.runs():
        *before, last = each.steps()
        for step in before:
            write(step.kept.folder, {"top1_error_last": 40.0, "mix": "none"}, "test_top1_error")
        score = SCORES[each.arm][each.seed]
        write(last.kept.folder, {"coco50": score, "coco": score / 2, "voc11": score}, "test_coco50")


def test_a_backbone_is_trained_before_and_is_the_backbone(study):
    before, last = StudyRun(study, "cutmix", 1).steps()
    assert (before.config.mix, before.config.seed, before.config.epochs) == (CutMix(), 1, 2)
    assert (last.config.backbone, last.config.seed, last.config.epochs) == (before.config.run_dir, 1, 7)
    assert before.config.run_dir == "runs/studies/tiny/cutmix/seed1_pretraining"
    assert before.kept.folder == last.kept.folder.with_name("seed1_pretraining")
    (alone,) = StudyRun(study, "scratch", 0).steps()
    assert alone.config.backbone == "resnet20"


def test_a_run_is_finished_when_all_its_trainings_are(study):
    finish(study)
    run = StudyRun(study, "none", 0)
    assert run.finished
    assert (run.summary()["coco50"], run.summary()["pretraining_top1_error_last"]) == (20.0, 40.0)
    (run.steps()[0].kept.folder / KEPT[0]).unlink()
    assert not run.finished


def test_the_report_shows_scores_of_the_task_and_errors_of_the_backbones(study):
    finish(study)
    runs = list(study.runs())
    page = report.page(study, runs)
    assert "| no mixing | 0 (20.0), 1 (22.0) | 21.00 ± 12.71 | 10.50 ± 6.35 | 21.00 ± 12.71 | 40.00 ± 0.00 |" in page
    assert "| from scratch | 0 (10.0), 1 (10.0) | 10.00 ± 0.00 | 5.00 ± 0.00 | 10.00 ± 0.00 | – |" in page
    assert "| CutMix | no mixing | 2 | 4.00 ±" in page
    assert "positive is better" in page
    assert "![AP at overlap 0.5 by epoch" in page
    rows = report.runs_csv(runs).splitlines()
    assert rows[0].startswith("arm,seed,coco50,coco,voc11,train_loss_last,pretraining_top1_error_last,epochs,")
    assert rows[1].startswith("none,0,20.0,10.0,20.0,,40.0,5,")
    assert report.draw(study, runs).stat().st_size > 10_000


def test_a_study_of_one_arm_has_no_differences(study):
    finish(study)
    alone = Study("tiny", "A tiny study", "?", study.config, {"none": ARMS["none"]}, pretraining=BEFORE)
    page = report.page(alone, list(alone.runs()))
    assert "Differences" not in page
    assert page.endswith("(curves.png)\n")


def detection(folder, monkeypatch):
    """The third class of a tiny set of three, after training on the first two."""
    box = {"bbox": tfds.features.Tensor(shape=(4,), dtype=np.float32)}
    tiny_sets.prepare(
        folder, splits={"train": 9, "test": 6}, features=box, bbox=lambda k: np.array([0, 0, 0.5, 1], np.float32)
    )
    monkeypatch.setenv("TFDS_DATA_DIR", str(folder))
    before = TrainConfig(dataset="tiny", classes=(0, 2), image_size=16, model="resnet20", epochs=1, batch_size=4)
    config = DetectionConfig(
        dataset="tiny", classes=(2, 3), image_size=(32, 32), backbone="resnet20", epochs=1, batch_size=2
    )
    return before, config


def captioning(folder, monkeypatch):
    monkeypatch.setattr(_caption_set, "COUNTS", {"train": 6, "test": 3, "held_out": 3})
    before = TrainConfig(
        dataset="shapes", model="resnet20", train_split="train[:8]", test_split="test[:4]", epochs=1, batch_size=4
    )
    return before, CaptioningConfig(dataset="scenes", image_size=(64, 64), backbone="resnet20", epochs=1, units=4)


@pytest.mark.slow
@pytest.mark.parametrize("task", [detection, captioning])
def test_the_whole_chain(task, tmp_path, monkeypatch):
    """Both trainings, what is kept of them, and the report; a second time nothing is trained."""
    monkeypatch.setattr("study.ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    before, config = task(tmp_path / "sets", monkeypatch)
    tiny = Study("tiny", "Tiny", "?", config, {"none": Arm("none", {}, (0,))}, pretraining=before)
    run = StudyRun(tiny, "none", 0)
    runner.train_one(run)
    runner.keep(run)
    assert run.finished
    summary = run.summary()
    assert summary["task"] == task.__name__
    assert summary["pretraining_model"] == "resnet20"
    assert "backbone's classifier" in report.page(tiny, [run])
    assert report.draw(tiny, [run]).is_file()
    runner.train_one(run)
    assert run.summary() == summary
