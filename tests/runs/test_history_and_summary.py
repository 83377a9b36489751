"""A row for each epoch, the best of them, and what a finished run came to."""

import csv

import pytest

from cutmix_tf.runs import Progress, is_best, judged_rows, judged_split, read_history, row_of, summarize
from cutmix_tf.runs import test_scores as scores_of
from cutmix_tf.runs._history import history_to_csv

LOGS = {"loss": 1.5, "accuracy": 0.75, "top5": 0.9}
EVALUATED = {**LOGS, "val_loss": 2.0, "val_accuracy": 0.21, "val_top5": 0.5}


def rows(*errors, split="test"):
    """A row for each error; None where the model was not evaluated."""
    made = []
    for epoch, error in enumerate(errors, start=1):
        logs = LOGS if error is None else {**EVALUATED, "val_accuracy": 1 - error / 100}
        made.append(row_of(epoch, logs, split, 0.1))
    return made


def test_a_row_holds_errors_in_percent():
    row = row_of(3, EVALUATED, "validation", 0.1)
    assert list(row) == [
        "epoch", "train_loss", "train_top1_error", "validation_loss", "validation_top1_error", "validation_top5_error",
        "learning_rate",
    ]  # fmt: skip
    assert list(row.values()) == pytest.approx([3, 1.5, 25, 2.0, 79, 50, 0.1])
    assert list(row_of(3, LOGS, "test", 0.1)) == ["epoch", "train_loss", "train_top1_error", "learning_rate"]


@pytest.mark.parametrize("first", [None, 50])
def test_a_history_comes_back_from_its_file_with_what_was_not_evaluated_left_out(tmp_path, first):
    history = rows(first, 40, None, 30)
    (tmp_path / "history.csv").write_text(history_to_csv(history))
    assert read_history(tmp_path / "history.csv") == history
    with (tmp_path / "history.csv").open() as file:
        cells = [row["test_loss"] for row in csv.DictReader(file)]
    assert [cell != "" for cell in cells] == [first is not None, True, False, True]


def test_the_best_row_is_the_first_of_equal_errors():
    history = rows(50, None, 40, 40, 45, 39)
    best = [number for number in range(1, 7) if is_best(history[:number], "test")]
    assert best == [1, 3, 6]


def test_the_judged_split_is_told_by_the_columns():
    assert judged_split(rows(None, 3, split="validation")) == "validation"
    assert judged_split(rows(3)) == judged_split(rows(None)) == "test"
    assert [row["epoch"] for row in judged_rows(rows(None, 3, None, 4), "test")] == [2, 4]


def test_a_summary_is_rounded_and_says_what_the_best_was_chosen_on():
    history = rows(79.00000065509109, 60.00004, None, 61.23456789)
    assert summarize(Progress(history=history, rates=[5.0, 100.04, 300.0, 200.0]), "test") == {
        "top1_error_last": 61.2346,
        "top5_error_last": 50.0,
        "loss_last": 2.0,
        "top1_error_best": 60.0,
        "best_epoch": 2,
        "best_chosen_on": "test",
        "train_top1_error_last": 25.0,
        "train_images_per_second": 200.0,  # the median without the first epoch, which compiles
    }


def test_the_first_of_equal_epochs_is_the_best_as_the_saved_model_is():
    assert summarize(Progress(history=rows(50, 40, 40), rates=[1.0]), "test")["best_epoch"] == 2


def test_a_summary_on_a_validation_split_says_so_in_its_names():
    summary = summarize(Progress(history=rows(50, 40, split="validation"), rates=[1.0]), "validation")
    assert summary["best_chosen_on"] == "validation"
    assert {"validation_top1_error_last", "validation_top1_error_best", "validation_loss_last"} <= summary.keys()
    assert "top1_error_last" not in summary


def test_test_scores_are_rounded_and_named_by_the_model():
    scores = scores_of("best", {"loss": 1.23456789, "accuracy": 1 / 3, "top5": 1.0})
    assert scores == {"top1_error_best": 66.6667, "top5_error_best": 0.0, "loss_best": 1.234568}
