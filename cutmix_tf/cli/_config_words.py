"""From a command line, a config file and overrides, to one checked config."""

import dataclasses
import re
import runpy
from collections.abc import Sequence
from pathlib import Path

import tyro

from cutmix_tf._checks import did_you_mean
from cutmix_tf.training._config import TrainConfig


def load_config(path: str | Path) -> TrainConfig:
    """The `config` of a Python config file. The file is code, and is run.

    Raises:
      FileNotFoundError: if there is no such file; with the nearest name beside it.
      ValueError: if it defines no TrainConfig called `config`.
      TypeError: if it uses an unknown setting; with the nearest name.
    """
    path = Path(path)
    if not path.is_file():
        near = did_you_mean(path.name, [other.name for other in path.parent.glob("*.py")])
        raise FileNotFoundError(f"There is no config file {str(path)!r}.{near}")
    try:
        config = runpy.run_path(str(path)).get("config")
    except TypeError as error:
        unknown = re.search(r"TrainConfig.*unexpected keyword argument '(\w+)'", str(error))
        if unknown is None:
            raise
        near = did_you_mean(unknown[1], [field.name for field in dataclasses.fields(TrainConfig)])
        raise TypeError(f"{path} sets {unknown[1]!r}, which TrainConfig does not have.{near}") from None
    if not isinstance(config, TrainConfig):
        raise ValueError(f"{path} must define `config = TrainConfig(...)`; got {config!r}.")
    return config


def read_command_line(words: Sequence[str]) -> TrainConfig:
    """CONFIG and overrides such as `--epochs 3 --mix "MixUp(alpha=0.2)"`, as one config.

    Without `--run-dir` the run's folder is runs/NAME, after the config file. Unknown words print what there
    is, with the nearest, and end the program.

    Raises:
      Whatever `load_config` and `TrainConfig` raise.
    """
    if not words or words[0].startswith("-"):
        raise ValueError("The first argument must be a config file, such as configs/shapes_resnet20_cutmix.py.")
    config = load_config(words[0])
    if config.run_dir is None:
        config = dataclasses.replace(config, run_dir=str(Path("runs") / Path(words[0]).stem))
    program = f"train_keras.py {words[0]}"
    return tyro.cli(TrainConfig, default=config, args=list(words[1:]), prog=program, description="Overrides.")
