"""Evaluates runs: python evaluate_keras.py RUN [RUN2 …] [--suites accuracy,fgsm,… --limit N --compare --save DIR …].

The same as `cutmix-tf evaluate`.
"""

import sys

from cutmix_tf.cli import run_command

if __name__ == "__main__":
    run_command("evaluate", sys.argv[1:], "python evaluate_keras.py")
