"""cutmix-tf transfer: what a classifier's features are worth in another task."""

import dataclasses
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cutmix_tf._checks import did_you_mean, look_up
from cutmix_tf.cli._config import name_of_changes
from cutmix_tf.cli._configs import config_folder
from cutmix_tf.cli._tyro import parse, text_rules
from cutmix_tf.transfer import CaptioningConfig, DetectionConfig, train_captioner, train_detector


class Task(NamedTuple):
    """What a task needs.

    Attributes:
      config: The dataclass of its settings.
      train: Trains a config and returns the summary.
    """

    config: type
    train: Callable[..., dict[str, Any]]


TASKS = {
    "detection": Task(DetectionConfig, train_detector),
    "captioning": Task(CaptioningConfig, train_captioner),
}


def main(words: list[str], program: str) -> None:
    """Reads the task, the config and its overrides, trains, and prints the summary."""
    if not words or words[0] in ("-h", "--help"):
        print(f"usage: {program} {'|'.join(TASKS)} CONFIG [overrides of the config]; each task has a --help of its own")
        sys.exit(0)
    name, task = words[0], look_up(words[0], TASKS, "task")
    config = read_transfer_config(name, words[1:], f"{program} {name}")
    print(f"Training {name} on {config.dataset} with {config.backbone}, files in {config.run_dir}", flush=True)
    summary = task.train(config, verbose=int(sys.stdout.isatty()))
    for key, value in summary.items():
        print(f"{key:>24}  {value:.4g}" if isinstance(value, float) else f"{key:>24}  {value}")


def read_transfer_config(task: str, words: list[str], program: str) -> Any:
    """CONFIG and overrides such as `--backbone runs/first`, as the config of a task.

    Without `--run-dir` the run's folder is runs/NAME, after the config file and the overrides. `--help` ends the
    program.

    Raises:
      FileNotFoundError: if there is no such config; with the nearest name.
      ValueError: if no config is given, or the file doesn't hold one.
      Whatever the config itself raises.
    """
    kind = TASKS[task].config
    if {"-h", "--help"} & {*words[:1]}:
        description = f"CONFIG is one of {', '.join(_known(task))}, or a Python file that sets `config`."
        parse([kind], ["--help"], f"{program} CONFIG", description, text_rules(kind))
    if not words or words[0].startswith("-"):
        raise ValueError(
            f"After the task comes a config: {', '.join(_known(task))}, or the path of a file; "
            f"got {words[0] if words else 'nothing'}."
        )
    default = _load(words[0], task, kind)
    (config,) = parse([default], words[1:], f"{program} {words[0]}", "Overrides of the config.", text_rules(kind))
    if config.run_dir is None:
        name = Path(words[0]).stem + name_of_changes(default, config)
        config = dataclasses.replace(config, run_dir=str(Path("runs") / name))
    return config


def _known(task: str) -> dict[str, Path]:
    """The configs of a task that come with the package, by name."""
    return {file.stem: file for file in sorted((config_folder() / "transfer").glob(f"{task}_*.py"))}


def _load(name: str, task: str, kind: type) -> Any:
    known = _known(task)
    file = Path(name) if Path(name).is_file() else known.get(name)
    if file is None:
        raise FileNotFoundError(
            f"There is no config {name!r}, neither a file nor a name.{did_you_mean(Path(name).stem, known)} The names "
            f"are {', '.join(known)}."
        )
    config = runpy.run_path(str(file)).get("config")
    if not isinstance(config, kind):
        raise ValueError(f"{file} must define `config = {kind.__name__}(...)`; got {config!r}.")
    return config
