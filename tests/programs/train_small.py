"""Trains a small run that saves a checkpoint at each step: python train_small.py FOLDER."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.small_runs import train

print("ready", flush=True)
train(Path(sys.argv[1]), checkpoint_minutes=0.0)
