"""Trains one config: python train_keras.py CONFIG [--epochs N --seed S --mix "CutMix(alpha=1.0)" …].

With --list alone, prints the names of all methods, models, datasets and configs. The same as `cutmix-tf train`.
"""

import sys

from cutmix_tf.cli import run_command

if __name__ == "__main__":
    run_command("train", sys.argv[1:], "python train_keras.py")
