"""From a command line, a config file and overrides, to one checked config."""

import dataclasses
import hashlib
import re
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cutmix_tf._checks import did_you_mean
from cutmix_tf.cli._configs import find_config
from cutmix_tf.cli._flags import check_flags
from cutmix_tf.cli._tyro import parse, text_rules
from cutmix_tf.runs import config_to_json
from cutmix_tf.training import GROUPS, TrainConfig

LONGEST_NAME = 100  # characters of a run's folder


def load_config(name: str | Path) -> TrainConfig:
    """The `config` of a Python config file, given by its path or by a name of `cutmix-tf list configs`.

    The file is code, and is run.

    Raises:
      FileNotFoundError: if there is no such file; with the nearest name.
      ValueError: if it defines no TrainConfig called `config`.
      TypeError: if it uses an unknown setting; with the nearest name.
    """
    path = find_config(name)
    try:
        config = runpy.run_path(str(path)).get("config")
    except TypeError as error:
        unknown = re.search(r"TrainConfig.*unexpected keyword argument '(\w+)'", str(error))
        if unknown is None:
            raise
        hint = did_you_mean(unknown[1], [field.name for field in dataclasses.fields(TrainConfig)])
        raise TypeError(f"{path} sets {unknown[1]!r}, which TrainConfig does not have.{hint}") from None
    if not isinstance(config, TrainConfig):
        raise ValueError(f"{path} must define `config = TrainConfig(...)`; got {config!r}.")
    return config


def read_config(words: Sequence[str], program: str) -> TrainConfig:
    """CONFIG and overrides such as `--epochs 3 --mix "MixUp(alpha=0.2)"`, as one config.

    Without `--run-dir` the run's folder is runs/NAME, after the config file and the overrides that change what is
    trained: runs/shapes_resnet20_seed=1. `--help` prints all options, an unknown one prints the nearest; both end the
    program.

    Raises:
      ValueError: if no config is given, or an option is one of another program's; with what to write instead.
      Whatever `load_config` and `TrainConfig` raise.
    """
    if {"-h", "--help"} & {*words[:1]}:
        _print_help(program)
    check_flags(words, [field.name for field in dataclasses.fields(TrainConfig)])
    if not words or words[0].startswith("-"):
        raise ValueError(
            "The first argument must be a config: a name such as shapes_resnet20_cutmix, or the path of a file; "
            f"got {words[0] if words else 'nothing'}. cutmix-tf list configs shows all names."
        )
    default = load_config(words[0])
    config = _overridden(default, words[1:], f"{program} {words[0]}")
    if config.run_dir is None:
        name = Path(words[0]).stem + name_of_changes(default, config)
        config = dataclasses.replace(config, run_dir=str(Path("runs") / name))
    return config


def _print_help(program: str) -> None:
    """Prints the options of all configs, and ends the program."""
    description = (
        "CONFIG is one of `cutmix-tf list configs`, or a Python file that sets `config = TrainConfig(...)`. "
        "Options override its settings. The defaults below are those of settings that a config leaves out."
    )
    parse(GROUPS, ["--help"], f"{program} CONFIG", description, text_rules(TrainConfig))


def _overridden(config: TrainConfig, words: Sequence[str], program: str) -> TrainConfig:
    """The config with the options of a command line, which `--help` shows in the groups of the settings."""
    names = {group: [field.name for field in dataclasses.fields(group)] for group in GROUPS}
    defaults = [group(**{name: getattr(config, name) for name in names[group]}) for group in GROUPS]
    chosen = parse(defaults, words, program, "Overrides of the config.", text_rules(TrainConfig))
    return TrainConfig(**{name: getattr(group, name) for group in chosen for name in names[type(group)]})


def name_of_changes(default: TrainConfig, config: TrainConfig) -> str:
    """The overrides that change what is trained, as the end of a folder's name; shortened to a digest if it is long."""
    before, after = config_to_json(default), config_to_json(config)
    places = {field.name for field in dataclasses.fields(config) if field.metadata.get("place")}
    changes = {name: after[name] for name in after if before[name] != after[name] and name not in places}
    text = "".join(f"_{name}={_as_word(value)}" for name, value in changes.items())
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 9]}_{digest}"


def _as_word(value: Any) -> str:
    """A setting's value as part of a file name that needs no quotes in a shell."""
    return re.sub(r"[^\w.=%+-]+", "-", re.sub(r"['\"\s]", "", str(value))).strip("-")
