"""cutmix-tf train: trains one config."""

import argparse
from typing import Any

from cutmix_tf.cli import _list
from cutmix_tf.cli._config import read_config
from cutmix_tf.cli._display import TrainingDisplay
from cutmix_tf.training import train
from cutmix_tf.training._fast import EPOCHS

FAST = "try everything in two epochs of a few steps, in a new folder RUN_DIR_fast_dev_run_1, _2, …"
DONE = "Training, evaluation, checkpoints, figures and saved models all worked. The error rates above mean nothing."


def main(words: list[str], program: str) -> None:
    """Reads the command line, checks everything, trains, and prints the summary."""
    if words == ["--list"]:
        _list.main([], program)
        return
    usage = f"{program} CONFIG [--fast-dev-run] [overrides of the config]"
    parser = argparse.ArgumentParser(usage=usage, add_help=False, allow_abbrev=False)
    parser.add_argument("--fast-dev-run", action="store_true", help=FAST)
    options, words = parser.parse_known_args(words)
    if {"-h", "--help"} & {*words}:
        parser.print_help()  # followed by the help of the overrides
    config = read_config(words, program)
    place = "" if options.fast_dev_run else f", files in {config.run_dir}"
    print(f"Training {config.model} on {config.dataset}{place}", flush=True)
    display = TrainingDisplay(config, EPOCHS if options.fast_dev_run else config.epochs)
    with display.shown():
        summary = train(config, fast_dev_run=options.fast_dev_run, display=display)
    for name, value in summary.items():
        print(f"{name:>24}  {_shown(value)}")
    if options.fast_dev_run:
        print(DONE)


def _shown(value: Any) -> str:
    """A value of the summary for people."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
