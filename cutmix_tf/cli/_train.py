"""cutmix-tf train: trains one config."""

from typing import Any

from cutmix_tf.cli import _list
from cutmix_tf.cli._config import read_config
from cutmix_tf.training import train


def main(words: list[str], program: str) -> None:
    """Reads the command line, checks everything, trains, and prints the summary."""
    if words == ["--list"]:
        _list.main([], program)
        return
    config = read_config(words, program)
    print(f"Training {config.model} on {config.dataset}, files in {config.run_dir}", flush=True)
    for name, value in train(config).items():
        print(f"{name:>24}  {_shown(value)}")


def _shown(value: Any) -> str:
    """A value of the summary for people."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
