"""Runs that are broken off at a step, as a kill, a signal or a full disk would."""

import contextlib

import pytest

from cutmix_tf.training._callbacks import StepWatcher


class Killed(BaseException):
    """Ends a run in the middle, as a kill would: nothing of ours catches it."""


def kill():
    raise Killed


@contextlib.contextmanager
def at_step(step, act):
    """Trainings in here call `act` once that many steps have been counted, checked and perhaps saved."""
    counted = StepWatcher.on_train_batch_end

    def count_and_act(watcher, batch, logs=None):
        counted(watcher, batch, logs)
        if watcher.progress.step == step:
            act()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StepWatcher, "on_train_batch_end", count_and_act)
        yield


def die_at_call(function, number):
    """The function, which kills the run when it is called for that time, counted from 1."""
    calls = iter(range(1, 1_000_000))

    def dying(*arguments, **options):
        if next(calls) == number:
            raise Killed
        return function(*arguments, **options)

    return dying
