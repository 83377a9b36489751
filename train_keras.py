"""Trains one config: python train_keras.py CONFIG [--epochs N --seed S --mix "CutMix(alpha=1.0)" …].

With --list alone, prints all names that there are: methods, models, datasets, configs, ….
"""

import sys
from pathlib import Path

from cutmix_tf.training import STOPPED, Run, read_command_line
from cutmix_tf.training.listing import listing


def main() -> None:
    """Reads the command line, checks everything, trains, and prints the summary."""
    if sys.argv[1:] == ["--list"]:
        print(listing(Path(__file__).with_name("configs")))
        return
    try:
        run = Run(read_command_line(sys.argv[1:]))
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        sys.exit(f"train_keras.py: {error}")
    print(f"Training {run.config.model} on {run.config.dataset}, files in {run.folder.path}", flush=True)
    try:
        summary = run.fit()
    except ConnectionError as error:  # another worker has ended: to be started again, all of them
        print(f"train_keras.py: {error}", file=sys.stderr)
        sys.exit(STOPPED)
    except (
        OSError,
        ValueError,
        TypeError,
        FloatingPointError,
    ) as error:  # a full disk, bad data, a loss that is NaN: told
        sys.exit(f"train_keras.py: {error}")
    for name, value in summary.items():
        print(f"{name:>24}  {value}")


if __name__ == "__main__":
    main()
