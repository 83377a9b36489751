"""Several workers on loopback train as replicas of one process do, bit for bit, and stop and resume together."""

import json
import signal
import socket
import time

import pytest
from helpers.processes import TESTS, end, start
from helpers.small_runs import assert_same_bits

pytestmark = pytest.mark.slow
CUTMIX, HIDDEN = "CutMix(prob=0.5)", "FeatureCutMix(taps=(0, 'conv'))"


def words_of(folder, strategy, mixer, epochs):
    """A command line."""
    options = {"run-dir": folder, "strategy": strategy, "mix": mixer, "epochs": epochs}
    return TESTS / "programs" / "small_config.py", *(f"--{name}={value}" for name, value in options.items())


def start_two(*settings):
    """Two workers of one cluster."""
    with socket.socket() as one, socket.socket() as two:
        for opened in (one, two):
            opened.bind(("localhost", 0))
        cluster = {"worker": [f"localhost:{opened.getsockname()[1]}" for opened in (one, two)]}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]
    return [start("train_on_devices", *words_of(*settings), TF_CONFIG=json.dumps(task)) for task in tasks]


def shares_of(output):
    return [json.loads(line.removeprefix("share ")) for line in output.splitlines() if line.startswith("share ")]


@pytest.mark.parametrize("mixer", [CUTMIX, HIDDEN])
def test_two_workers_train_as_two_replicas_do(tmp_path, mixer):
    workers = end(*start_two(tmp_path / "workers", "auto", mixer, 2))
    assert [worker.code for worker in workers] == [0, 0], workers[0].err[-2000:]
    (mirrored,) = end(start("train_on_devices", *words_of(tmp_path / "mirrored", "mirrored:2", mixer, 2)))
    assert mirrored.code == 0, mirrored.err[-2000:]
    assert_same_bits(tmp_path / "workers", tmp_path / "mirrored")
    chief, other = workers
    assert "not the chief" not in chief.out
    assert "not the chief" in other.out
    both = [share for pair in zip(shares_of(chief.out), shares_of(other.out), strict=True) for share in pair]
    assert shares_of(mirrored.out) == both  # each worker gets its own part of the same batches
    assert all(len(share) == 8 for share in both[:6])


def test_workers_that_are_stopped_or_lose_one_end_together_and_resume_with_the_same_bits(tmp_path):
    settings = tmp_path / "workers", "multiworker", CUTMIX, 5
    for how, codes in ((signal.SIGTERM, (75, 75)), (signal.SIGKILL, (-signal.SIGKILL, 75))):
        workers = start_two(*settings)
        _wait_for_another_checkpoint(tmp_path / "workers", workers)
        workers[1].send_signal(how)
        chief, other = end(*workers)
        assert sorted((chief.code, other.code)) == sorted(codes), chief.err[-2000:]
        assert ("cutmix-tf train: Another worker has ended" in chief.err) == (how == signal.SIGKILL)
        assert ("To continue, run: cutmix-tf train " in chief.err) == (how == signal.SIGTERM)
    workers = end(*start_two(*settings))
    assert [worker.code for worker in workers] == [0, 0], workers[0].err[-2000:]
    end(start("train_on_devices", *words_of(tmp_path / "mirrored", "mirrored:2", CUTMIX, 5)))
    assert_same_bits(tmp_path / "workers", tmp_path / "mirrored")


def _wait_for_another_checkpoint(folder, workers):
    """Until there is a checkpoint that was not there; the workers are slow enough that it isn't their last."""
    before, deadline = set(folder.glob("checkpoints/step-*")), time.monotonic() + 120
    while not set(folder.glob("checkpoints/step-*")) - before:
        assert all(worker.poll() is None for worker in workers), workers[0].communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
