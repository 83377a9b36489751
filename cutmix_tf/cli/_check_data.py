"""cutmix-tf check-data: lists the examples of a dataset that can't be read."""

import dataclasses
import sys
from typing import Annotated

from cutmix_tf.cli._tyro import import_tyro
from cutmix_tf.datasets import find_bad_examples

tyro = import_tyro()


@dataclasses.dataclass(frozen=True)
class CheckOptions:
    """Reads a whole dataset and prints a line for each unreadable example; exits with code 1 if there are any."""

    name: Annotated[str, tyro.conf.Positional]
    """As for training: a TFDS set, or folder:PATH."""
    data_dir: str | None = None
    """Where TFDS finds prepared sets; TFDS_DATA_DIR if it is not given."""


def main(words: list[str], program: str) -> None:
    """Reads the command line and the dataset."""
    options = tyro.cli(CheckOptions, args=words, prog=program)
    found = find_bad_examples(options.name, options.data_dir)
    for split, (bad, lost, count) in found.items():
        for example in bad:
            print(f"{split}: {example}")
        print(f"{split}: {lost:,} of {count:,} examples can't be read")
    sys.exit(int(any(lost for _, lost, _ in found.values())))
