"""`cutmix-tf train` with a small model, then the classes in this process's share of four batches, a line for each.

python train_on_devices.py CONFIG --run-dir FOLDER --strategy STRATEGY [overrides]
"""

import functools
import sys

import tensorflow as tf
from helpers.small_runs import config, small_model, small_set

from cutmix_tf import cli, distribution, training
from cutmix_tf.cli import _train


def main(words):
    used = []  # a process can have one set of devices, so those of the training are kept for later
    training._train.find_devices = lambda name: used.append(distribution.find_devices(name)) or used[0]
    _train.train = functools.partial(training.train, model=small_model, images=small_set())
    cli.main(["train", *words])
    print("chief" if used[0].is_chief else "not the chief")
    with used[0].scope():
        print_shares(training.prepare(config("run"), images=small_set()).train_batches())


def print_shares(batches):
    strategy = tf.distribute.get_strategy()
    shares = iter(strategy.experimental_distribute_dataset(batches.map(lambda images, targets: targets[:, :, 0])))
    for _ in range(4):
        for part in strategy.experimental_local_results(next(shares)):
            print("share", part.numpy().astype(int).tolist())


main(sys.argv[1:])
