"""A program: asks `cutmix-tf evaluate` for its help, then evaluates a run: RUN --data-dir FOLDER …."""

import contextlib
import sys

from cutmix_tf.cli import main as cutmix_tf


def main():
    with contextlib.suppress(SystemExit):
        cutmix_tf(["evaluate", "--help"])
    cutmix_tf(["evaluate", *sys.argv[1:]])


if __name__ == "__main__":
    main()
