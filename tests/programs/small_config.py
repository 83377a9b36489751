"""A config file for the command line: a small run that saves a checkpoint at each step."""

from helpers.small_runs import config as small

config = small("runs/small", checkpoint_minutes=0.0)
