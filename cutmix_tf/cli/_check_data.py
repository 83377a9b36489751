"""Lists the examples of a dataset that can't be read: python -m cutmix_tf.data.check NAME [--data-dir DIR]."""

import sys
from typing import Annotated

import tyro

from cutmix_tf.datasets._bad_examples import places_of
from cutmix_tf.datasets._catalogue import read_set


def main(name: Annotated[str, tyro.conf.Positional], data_dir: str | None = None) -> None:
    """Reads a whole dataset, and says a line for each bad example; exits with code 1 if there are any.

    Args:
      name: As for training: a TFDS set, or folder:PATH.
      data_dir: Where TFDS finds prepared sets; TFDS_DATA_DIR if it is not given.
    """
    try:
        images = read_set(name, data_dir, skip=True)
    except (ValueError, TypeError, OSError, ImportError) as error:
        sys.exit(f"check: {error}")
    for split, examples in images.splits.items():
        for bad in examples.left_out:
            print(f"{split}: {bad}")
        lost = len(places_of(examples.left_out))
        print(f"{split}: {lost:,} of {lost + len(examples):,} examples can't be read")
    sys.exit(int(any(examples.left_out for examples in images.splits.values())))


if __name__ == "__main__":
    tyro.cli(main)
