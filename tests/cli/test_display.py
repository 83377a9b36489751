"""What a training shows: a bar on a terminal, a line for each epoch, and nothing of Keras' own."""

import io
import logging
import sys
from types import SimpleNamespace

import pytest
from helpers.small_runs import config, small_model, small_set

from cutmix_tf import training
from cutmix_tf.cli import _display, _train, main
from cutmix_tf.cli._display import TrainingDisplay

LOGS = {"loss": 1.23456, "accuracy": 0.125, "top5": 0.5}
JUDGED = {f"val_{name}": value / 2 for name, value in LOGS.items()}


class Terminal(io.StringIO):
    def isatty(self):
        return True


class DrawnAtEveryStep(_display.tqdm):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options, mininterval=0, miniters=1)


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(_display.time, "perf_counter", lambda: now.seconds)
    return now


def show_epoch(display, clock, epoch=0, judged=True):
    """Two steps of 10 seconds and 5 seconds of evaluation."""
    display.on_epoch_begin(epoch)
    for step in range(2):
        clock.seconds += 10
        display.on_train_batch_end(step, LOGS)
    if judged:
        display.on_test_begin()
        clock.seconds += 5
    display.on_epoch_end(epoch, LOGS | (JUDGED if judged else {}))


def display_of(**changes):
    display = TrainingDisplay(config("run", batch_size=16, **changes), epochs=3)
    display.set_params({"epochs": 1, "steps": 2})  # as Keras does when an epoch was broken off
    display.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.05)))
    return display


def test_an_epoch_is_one_plain_line_where_there_is_no_terminal(clock, capsys):
    """The rate leaves out the evaluation, the time that is left counts it: 32 images in 20 s, and twice 25 s."""
    show_epoch(display_of(), clock)
    shown = "train loss 1.235  error 87.5 %  test loss 0.617  error 93.8 %  lr 0.05  2 images/s  00:50 left"
    assert capsys.readouterr().out == f"epoch 1/3  {shown}\n"


def test_an_epoch_without_evaluation_says_nothing_of_it(clock, capsys):
    show_epoch(display_of(), clock, epoch=2, judged=False)
    assert capsys.readouterr().out == "epoch 3/3  train loss 1.235  error 87.5 %  lr 0.05  2 images/s  00:00 left\n"


def test_errors_of_a_validation_split_are_called_so(clock, capsys):
    show_epoch(display_of(validation_split="train[90%:]"), clock)
    assert "  validation loss 0.617  error 93.8 %" in capsys.readouterr().out


def test_a_terminal_shows_a_bar_that_gives_way_to_the_line(clock, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(_display, "tqdm", DrawnAtEveryStep)
    display = display_of()
    with display.shown():
        show_epoch(display, clock)
    *bars, last = terminal.getvalue().split("\r")
    assert any("epoch 1/3" in bar and "| 16/32 [" in bar for bar in bars)
    assert any("images/s, loss 1.235, lr 0.05" in bar for bar in bars)
    assert any(bar.startswith("evaluating") for bar in bars)
    assert bars[-1].strip() == ""  # wiped out
    assert last.startswith("epoch 1/3  train loss")


def test_logs_appear_as_lines_above_the_bar(clock, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    log, display = logging.getLogger("cutmix_tf"), display_of()
    monkeypatch.setattr(
        _train, "train", lambda config, **options: (display.on_epoch_begin(0), log.warning("Hello."), {})[2]
    )
    monkeypatch.setattr(_train, "TrainingDisplay", lambda config, epochs: display)
    main(["train", "shapes_resnet20"])
    assert "\nHello.\n" in terminal.getvalue().replace("\r", "\n")


# ---- in a run ----


@pytest.fixture
def small(monkeypatch):
    """Trainings of the command are small ones."""
    from cutmix_tf import _xla

    monkeypatch.setattr(_xla, "available", lambda: False)
    train = training.train
    monkeypatch.setattr(
        _train, "train", lambda config, **options: train(config, model=small_model, images=small_set(), **options)
    )


WORDS = ["train", "shapes_resnet20_cutmix", "--batch-size", "16", "--image-size", "8", "--epochs"]


@pytest.mark.slow
def test_keras_shows_nothing_of_its_own(small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main([*WORDS, "2"])
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0]
        == "Training resnet20 on shapes, files in runs/shapes_resnet20_cutmix_image_size=8_epochs=2_batch_size=16"
    )
    assert [line.split()[1] for line in lines if line.startswith("epoch")] == ["1/2", "2/2"]
    assert not [line for line in lines if "step" in line or "val_" in line]


@pytest.mark.slow
def test_a_fast_dev_run_takes_a_few_steps_of_everything_in_a_folder_of_its_own(small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        main([*WORDS, "9", "--run-dir", "r", "--fast-dev-run"])
        folder, printed = tmp_path / f"r_fast_dev_run_{number}", capsys.readouterr().out
        assert f"2 epochs of at most 3 steps, files in r_fast_dev_run_{number}" in printed
        assert "epoch 2/2  train loss" in printed
        assert "saved models all worked" in printed
        steps = {path.name for path in (folder / "checkpoints").iterdir()}
        assert steps == {"step-000000004", "step-000000006"}
        for name in ("final.keras", "best.keras", "classifier.keras", "summary.json", "curves.png", "mixes.png"):
            assert (folder / name).is_file(), name
    assert not (tmp_path / "r").exists()
    assert not (tmp_path / "runs").exists()
