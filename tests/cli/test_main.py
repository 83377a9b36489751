"""The command line as a whole: help, errors in one line, exit codes, and what a stopped training prints."""

import logging
import runpy
import signal
import sys
import time
from pathlib import Path

import pytest
from helpers.processes import TESTS, end, start
from helpers.small_runs import assert_same_bits, train

import cutmix_tf
from cutmix_tf.cli import _main, _train, main, run_command
from cutmix_tf.training import Interrupted, Terminated

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "configs" / "shapes_resnet20.py")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(words, capsys):
    main(words)
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert listed == list(_main.COMMANDS)


def test_version(capsys):
    main(["--version"])
    assert capsys.readouterr().out.strip() == cutmix_tf.__version__


@pytest.mark.parametrize("command", _main.COMMANDS)
def test_every_command_has_help_of_its_own(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    printed = capsys.readouterr().out
    assert stopped.value.code in (0, None)
    assert f"usage: cutmix-tf {command}" in printed
    assert _main.COMMANDS[command]


def test_help_of_a_training_shows_all_settings_in_groups_with_their_defaults(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    general = capsys.readouterr().out
    assert "cutmix-tf train CONFIG" in general
    for text in ("data options", "augmentation options", "model options", "optimization options", "run options"):
        assert text in general
    assert "--batch-size INT" in general
    assert "(default: 128)" in general
    with pytest.raises(SystemExit):
        main(["train", CONFIG, "--help"])
    assert "(default: 32)" in capsys.readouterr().out


WRONG = {
    "no config": (["train"], "The first argument must be a config: a name such as shapes_resnet20_cutmix, or"),
    "no such config": (["train", "configs/shapes_resnet2.py"], "Did you mean 'shapes_resnet20.py'"),
    "no such name": (["train", "shapes_resnet2"], "Did you mean 'shapes_resnet20'? cutmix-tf list configs shows all"),
    "a path elsewhere": (["train", "other/shapes_resnet20.py"], "Did you mean 'shapes_resnet20'?"),
    "no run": (["evaluate", "nowhere"], "nowhere"),
    "no such suite": (["evaluate", "nowhere", "--suites", "acuracy"], "Did you mean 'accuracy'"),
    "nothing to compare": (["compare", "nowhere", "--save", "there"], "is not a run: summary.json is missing"),
    "nothing to replay": (["replay", "nowhere", "--step", "0"], "'nowhere' is not a run: config.json is missing"),
    "no teacher": (["attention", CONFIG], "The config has no teacher, so it needs no cache."),
    "no attention": (["attention", CONFIG, "--save", "a.png"], "config that mixes by AttentiveCutMix; got mix=None"),
    "no model": (["mixed-cams", "nowhere", "--save", "a.png"], "nowhere"),
    "no dataset": (["check-data", "shapse"], "Did you mean 'shapes'"),
    "no such topic": (["list", "model"], "There is no topic called 'model'. Did you mean 'models'?"),
    "two topics": (["list", "models", "configs"], "cutmix-tf list takes one topic at most; got models configs."),
}  # fmt: skip


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line_and_exit_code_1(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT if "configs/" in words[-1] else tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert str(stopped.value.code).startswith(f"cutmix-tf {words[0]}: ")  # printed to stderr, with exit code 1
    assert message in stopped.value.code
    assert "\n" not in stopped.value.code


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["train", CONFIG, "--learning-rat", "1"], "--learning-rate"),
        (["train", CONFIG, "--mix", "CutMx"], "CutMix"),
        (["train", CONFIG, "--schedule", "cosin"], "cosine"),
        (["train", CONFIG, "--batch-size", "0"], "batch_size must be at least 1"),
        (["evaluate", "runs/x", "--suits", "pgd"], "--suites"),
        (["replay", "runs/x"], "--step"),
        (["serve", "dispatcher", "--prot", "1"], "--port"),
    ],
)
def test_unknown_options_and_values_show_the_nearest_ones_and_exit_code_2(words, hint, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert hint in capsys.readouterr().err


def test_an_unknown_command_shows_the_nearest_one():
    with pytest.raises(SystemExit, match=r"no command 'trian'\. Did you mean 'train'") as stopped:
        main(["trian"])
    assert "usage: cutmix-tf COMMAND" in stopped.value.code


def test_a_defect_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(_train, "main", lambda words, program: {}["a key that is missing"])
    with pytest.raises(KeyError):
        main(["train"])


def test_the_package_is_a_program(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["python -m cutmix_tf", "--version"])
    runpy.run_module("cutmix_tf", run_name="__main__")
    assert capsys.readouterr().out.strip() == cutmix_tf.__version__


@pytest.mark.parametrize(("script", "command"), [("train_keras.py", "train"), ("evaluate_keras.py", "evaluate")])
def test_the_scripts_are_commands(script, command, monkeypatch):
    called = []
    monkeypatch.setattr("cutmix_tf.cli.run_command", lambda *arguments: called.append(arguments))
    monkeypatch.setattr(sys, "argv", [script, "a", "--b"])
    runpy.run_path(str(ROOT / script), run_name="__main__")
    assert called == [(command, ["a", "--b"], f"python {script}")]


# ---- logs ----


def test_logs_are_printed_as_lines_and_only_while_a_command_runs(monkeypatch, capsys):
    log = logging.getLogger("cutmix_tf")
    before = log.handlers[:], log.level, log.propagate
    monkeypatch.setattr(_train, "main", lambda words, program: log.info("Left out 1 of 20."))
    run_command("train", [], "cutmix-tf train")
    assert capsys.readouterr().out == "Left out 1 of 20.\n"
    assert (log.handlers, log.level, log.propagate) == before


# ---- trainings that end early ----


def raising(error):
    def main(words, program):
        raise error

    return main


ENDS = {
    "Ctrl-C": (Interrupted(), 130, "To continue, run: cutmix-tf train a.py --mix 'MixUp(0.2)'"),
    "a second Ctrl-C": (KeyboardInterrupt(), 130, ""),
    "SIGTERM": (Terminated(75), 75, "To continue, run: cutmix-tf train a.py --mix 'MixUp(0.2)'"),
    "a lost worker": (ConnectionError("Another worker has ended."), 75, "cutmix-tf train: Another worker has ended."),
}


@pytest.mark.parametrize(("error", "code", "line"), ENDS.values(), ids=ENDS)
def test_a_training_that_is_stopped_says_how_to_continue(monkeypatch, ended, error, code, line):
    monkeypatch.setattr(_train, "main", raising(error))
    with pytest.raises(ended) as stopped:
        main(["train", "a.py", "--mix", "MixUp(0.2)"])
    assert (stopped.value.code, stopped.value.line) == (code, line)


def test_other_exits_are_left_alone(monkeypatch, ended):
    monkeypatch.setattr(_train, "main", raising(SystemExit(3)))
    with pytest.raises(SystemExit) as stopped:
        main(["train"])
    assert stopped.value.code == 3


@pytest.mark.slow
def test_ctrl_c_saves_and_the_command_continues_to_the_same_bits(tmp_path):
    words = TESTS / "programs" / "small_config.py", "--run-dir", tmp_path / "run", "--strategy", "default"
    process = start("train_on_devices", *words)
    while not list(tmp_path.glob("run/checkpoints/step-*")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    (stopped,) = end(process)
    assert stopped.code == 130
    assert "Traceback" not in stopped.err
    assert f"To continue, run: cutmix-tf train {' '.join(map(str, words))}" in stopped.err
    (finished,) = end(start("train_on_devices", *words))
    assert finished.code == 0, finished.err[-2000:]
    train(tmp_path / "whole")
    assert_same_bits(tmp_path / "run", tmp_path / "whole")
