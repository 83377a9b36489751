"""Trains a small run on a strategy's devices, then prints the classes in this process's share of four batches.

python train_on_devices.py FOLDER STRATEGY MIXER EPOCHS
"""

import sys
from pathlib import Path

import tensorflow as tf
from helpers.small_runs import config, small_model, small_set

from cutmix_tf import distribution, training


def main(folder, strategy, mixer, epochs):
    used = []  # a process can have one set of devices, so those of the training are kept for later
    training._train.find_devices = lambda name: used.append(distribution.find_devices(name)) or used[0]
    mix = training.mixer_from_text(mixer)
    settings = config(Path(folder), strategy=strategy, mix=mix, epochs=int(epochs), checkpoint_minutes=0.0)
    try:
        training.train(settings, model=small_model, images=small_set())
    except ConnectionError as error:
        sys.exit(f"refused: {error}")
    print("chief" if used[0].is_chief else "not the chief")
    with used[0].scope():
        print_shares(training.prepare(config(folder), images=small_set()).train_batches())


def print_shares(batches):
    strategy = tf.distribute.get_strategy()
    shares = iter(strategy.experimental_distribute_dataset(batches.map(lambda images, targets: targets[:, :, 0])))
    for _ in range(4):
        for part in strategy.experimental_local_results(next(shares)):
            print("share", part.numpy().astype(int).tolist())


try:
    code = main(*sys.argv[1:])
except SystemExit as stopped:
    code = stopped.code
sys.exit(code)
