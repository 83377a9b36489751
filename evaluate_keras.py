"""Evaluates runs: python evaluate_keras.py RUN [RUN2 …] [--suites accuracy,fgsm,… --limit N --compare --save DIR …]."""

import sys

from cutmix_tf.evaluation._command_line import read_command_line, run_evaluation


def main() -> None:
    """Reads the command line, loads everything, evaluates, saves and prints."""
    try:
        run_evaluation(read_command_line(sys.argv[1:]))
    except (ValueError, TypeError, OSError, RuntimeError, ImportError) as error:
        sys.exit(f"evaluate_keras.py: {error}")


if __name__ == "__main__":
    main()
