"""cutmix-tf replay: a batch of a run, made again."""

import dataclasses
from pathlib import Path
from typing import Annotated

import numpy as np

from cutmix_tf.cli._tyro import import_tyro
from cutmix_tf.training import replay

tyro = import_tyro()


@dataclasses.dataclass(frozen=True)
class ReplayOptions:
    """Says what the batch of a step holds, and saves it if asked to."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder; nothing in it is changed."""
    step: int
    """Counted from 0 over all epochs."""
    save: Path | None = None
    """A file for the arrays, .npz."""


def main(words: list[str], program: str) -> None:
    """Reads the command line, makes the batch, and describes its arrays."""
    options = tyro.cli(ReplayOptions, args=words, prog=program)
    arrays = replay(options.run, options.step)
    for name, array in arrays.items():
        bad = int(np.size(array) - np.isfinite(array).sum())
        print(f"{name:>14}  {array.dtype.name} {array.shape}, {array.min():g} to {array.max():g}, {bad} not finite")
    if options.save is not None:
        np.savez(options.save, **arrays)  # pyright: ignore[reportArgumentType]
