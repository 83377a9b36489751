"""Trains one config: python train_keras.py CONFIG [--epochs N --seed S --mix "CutMix(alpha=1.0)" …]."""

import sys

from cutmix_tf.training import Run, read_command_line


def main() -> None:
    """Reads the command line, checks everything, trains, and prints the summary."""
    try:
        run = Run(read_command_line(sys.argv[1:]))
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        sys.exit(f"train_keras.py: {error}")
    print(f"Training {run.config.model} on {run.config.dataset}, files in {run.folder.path}", flush=True)
    for name, value in run.fit().items():
        print(f"{name:>24}  {value}")


if __name__ == "__main__":
    main()
