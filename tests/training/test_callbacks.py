"""What is counted, saved and stopped at each step and epoch, without a training around it."""

import math
import signal
from types import SimpleNamespace

import pytest
from helpers.small_runs import STEPS

from cutmix_tf.runs import Progress
from cutmix_tf.training import Interrupted, Terminated, _callbacks
from cutmix_tf.training._callbacks import EpochRecorder, Frequency, StepWatcher


class Saved:
    """Takes a run's checkpoints and folder, and notes what is saved when."""

    def __init__(self):
        self.progress, self.steps, self.best = Progress(), [], []
        self.files = SimpleNamespace(best_model="best.keras")

    def save(self, model, progress):
        self.steps.append(progress.step)

    def write_history(self, history):
        pass


def watcher_of(saved, *, minutes=60.0, steps=None, maximum=lambda value: value):
    watcher = StepWatcher(
        saved,
        saved.progress,
        steps_per_epoch=STEPS,
        frequency=Frequency(minutes, steps),
        run="runs/mine",
        maximum=maximum,
    )
    watcher.set_model(SimpleNamespace(metrics_variables=[]))
    return watcher


def take_steps(watcher, count, loss=1.0):
    for batch in range(count):
        watcher.on_train_batch_end(batch, {"loss": loss})


@pytest.fixture
def saved():
    return Saved()


@pytest.fixture
def watched(saved):
    """A watcher that listens to signals during the test."""
    watcher = watcher_of(saved)
    watcher.on_train_begin()
    yield watcher
    watcher.on_train_end()


@pytest.mark.parametrize(("steps", "expected"), [(None, []), (1, [1, 2, 3, 5, 6, 7, 9]), (3, [3, 6, 9]), (4, [])])
def test_checkpoints_are_written_after_so_many_steps_but_not_at_the_end_of_an_epoch(saved, steps, expected):
    """The end of an epoch, each fourth step, saves anyway."""
    watcher = watcher_of(saved, steps=steps)
    watcher.on_train_begin()
    take_steps(watcher, 9)
    watcher.on_train_end()
    assert saved.steps == expected


def test_checkpoints_are_written_after_so_many_minutes(saved, monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(_callbacks.time, "monotonic", lambda: now.seconds)
    watcher = watcher_of(saved, minutes=2.0)
    watcher.on_train_begin()
    for seconds in (60, 119, 121, 180, 240, 242, 250):
        now.seconds = seconds
        take_steps(watcher, 1)
    watcher.on_train_end()
    assert saved.steps == [3, 6]


@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, Terminated), (signal.SIGINT, Interrupted)])
def test_a_signal_saves_at_the_end_of_the_step_and_stops(saved, watched, number, error):
    take_steps(watched, 1)
    signal.raise_signal(number)
    with pytest.raises(error):
        take_steps(watched, 1)
    assert saved.steps == [2]


def test_a_signal_in_the_last_step_of_an_epoch_stops_after_the_next_one(saved, watched):
    """The epoch is evaluated and saved first."""
    take_steps(watched, STEPS - 1)
    signal.raise_signal(signal.SIGTERM)
    take_steps(watched, 1)
    with pytest.raises(Terminated):
        take_steps(watched, 1)
    assert saved.steps == [STEPS + 1]


def test_a_second_ctrl_c_stops_at_once(saved, watched):
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt) as stopped:
        signal.raise_signal(signal.SIGINT)
    assert not isinstance(stopped.value, Interrupted)
    assert saved.steps == []


def test_a_second_sigterm_waits_for_the_first(saved, watched):
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Terminated) as stopped:
        take_steps(watched, 1)
    assert stopped.value.code == _callbacks.STOPPED == 75


def test_signals_go_back_to_their_former_handlers(saved):
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    watcher = watcher_of(saved)
    watcher.on_train_begin()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] != before
    watcher.on_train_end()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


@pytest.mark.parametrize(("loudest", "error"), [(1, None), (2, Terminated)], ids=["saves", "stops"])
def test_a_worker_does_what_any_of_them_must(saved, loudest, error):
    watcher = watcher_of(saved, maximum=lambda value: max(value, loudest))
    watcher.on_train_begin()
    if error is None:
        take_steps(watcher, 1)
    else:
        with pytest.raises(error):
            take_steps(watcher, 1)
    watcher.on_train_end()
    assert saved.steps == [1]


def test_a_nan_names_its_step_and_how_to_look_at_it(saved):
    watcher = watcher_of(saved, steps=1)
    watcher.on_train_begin()
    take_steps(watcher, 2)
    with pytest.raises(
        FloatingPointError, match=r"NaN at step 2 \(counted from 0\).* cutmix-tf replay runs/mine --step 2"
    ):
        take_steps(watcher, 1, loss=math.nan)
    watcher.on_train_end()
    assert saved.steps == [1, 2]


# ---- epochs ----


def recorder_of(saved, monkeypatch, split="test"):
    monkeypatch.setattr(_callbacks, "save_model", lambda model, file: saved.best.append(len(saved.progress.history)))
    recorder = EpochRecorder(
        saved, saved, saved.progress, model_to_save=None, images_per_epoch=60, steps_per_epoch=STEPS, split=split
    )
    recorder.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1)))
    return recorder


def take_epochs(recorder, accuracies):
    """An epoch for each accuracy; None where the model is not evaluated."""
    for epoch, accuracy in enumerate(accuracies):
        recorder.on_epoch_begin(epoch)
        logs = dict.fromkeys(("loss", "accuracy"), 0.5)
        if accuracy is not None:
            recorder.on_test_begin()
            logs |= {"val_accuracy": accuracy, "val_loss": 1.0, "val_top5": 1.0}
        recorder.progress.step += STEPS
        recorder.on_epoch_end(epoch, logs)


def test_the_best_model_is_that_of_the_first_of_equal_epochs(saved, monkeypatch):
    take_epochs(recorder_of(saved, monkeypatch), (0.5, 0.7, 0.7, 0.6))
    assert saved.best == [1, 2]


def test_epochs_that_are_not_evaluated_are_never_the_best(saved, monkeypatch):
    take_epochs(recorder_of(saved, monkeypatch, "validation"), (None, 0.2, None, 0.1, 0.3))
    assert saved.best == [2, 5]
    assert [len(row) for row in saved.progress.history] == [4, 7, 4, 7, 7]


def test_an_epoch_ends_with_a_checkpoint(saved, monkeypatch):
    take_epochs(recorder_of(saved, monkeypatch), (0.5, None))
    assert saved.steps == [STEPS, 2 * STEPS]


def test_the_rate_counts_the_images_of_the_steps_that_were_taken_without_the_evaluation(saved, monkeypatch):
    now = iter([0.0, 2.0, 9.0])
    monkeypatch.setattr(_callbacks.time, "perf_counter", lambda: next(now))
    recorder = recorder_of(saved, monkeypatch)
    saved.progress.step = 1  # the first step was taken before the run was stopped
    recorder.on_epoch_begin(0)
    saved.progress.step = STEPS
    recorder.on_test_begin()
    recorder.on_epoch_end(0, dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy", "val_top5"), 0.5))
    assert saved.progress.rates == [0.75 * 60 / 2]
