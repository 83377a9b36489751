"""The cache of attention maps: its bytes, after a stop and a kill, of several processes, and what it refuses."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import keras
import numpy as np
import pytest
from helpers.small_teachers import classifier, split_of

from cutmix_tf.attention import Teacher, _cache, cache_path, cached_maps

ROOT = Path(__file__).parents[2]


def test_the_cache_holds_each_map_scaled_to_a_byte(tmp_path):
    split, teacher = split_of(), Teacher(classifier())
    computed = cached_maps(tmp_path / "c.npz", split, teacher)
    maps = teacher.maps(split.images)
    np.testing.assert_allclose(computed, 255 * maps / maps.max(axis=(1, 2), keepdims=True), atol=0.501)
    np.testing.assert_array_equal(cached_maps(tmp_path / "c.npz", split, teacher), computed)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.npz", "c.npz.lock"]


def test_a_map_of_nothing_stays_nothing():
    maps = np.array([[[0, 0]], [[1, 4]]], np.float32)
    np.testing.assert_array_equal(_cache.as_bytes(maps), [[[0, 0]], [[64, 255]]])


def test_computing_logs_and_prints_only_when_asked_to(tmp_path, capsys, caplog):
    split, teacher = split_of(), Teacher(classifier())
    with caplog.at_level(logging.INFO, "cutmix_tf"):
        cached_maps(tmp_path / "quiet.npz", split, teacher)
    assert capsys.readouterr().out == ""
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "Computing 300 attention maps",
        "Computed 300 attention maps",
    ]
    cached_maps(tmp_path / "shown.npz", split, teacher, verbose=True)
    assert "3/3" in capsys.readouterr().out


# ---- stopped, killed, and computed by several ----


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_stopped_computation_is_resumed_and_ends_with_the_same_bytes(batches, tmp_path, monkeypatch):
    split, teacher = split_of(), Teacher(classifier())  # three batches
    whole = cached_maps(tmp_path / "whole.npz", split, teacher)
    left = iter(range(batches))

    def until_stopped(maps, as_bytes=_cache.as_bytes):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return as_bytes(maps)

    with monkeypatch.context() as patch:
        patch.setattr(_cache, "as_bytes", until_stopped)
        with pytest.raises(KeyboardInterrupt):
            cached_maps(tmp_path / "c.npz", split, teacher)
    partial = tmp_path / "c.npz.partial"
    assert partial.read_bytes().split(b"\n", 1)[1] == whole[: 128 * batches].tobytes()
    with partial.open("ab") as file:
        file.write(b"torn")  # the beginning of a batch
    cached_maps(tmp_path / "c.npz", split, teacher)
    assert (tmp_path / "c.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.mark.slow
def test_a_killed_computation_is_resumed_and_ends_with_the_same_bytes(tmp_path):
    split, teacher = split_of(20_000), Teacher(classifier())
    expected = cached_maps(tmp_path / "whole.npz", split, teacher)
    path, program = tmp_path / "killed.npz", ROOT / "tests" / "programs" / "compute_cache.py"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    for pause in (0.0, 0.02, 0.1, 0.25):
        command = [sys.executable, str(program), str(path)]
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with child:
            assert child.stdout.readline() == b"ready\n"
            time.sleep(pause)
            child.send_signal(signal.SIGKILL)
    np.testing.assert_array_equal(cached_maps(path, split, teacher), expected)
    assert path.read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_of_several_that_find_no_cache_one_computes_it(tmp_path, monkeypatch):
    split, teacher, compute, started = split_of(), Teacher(classifier()), _cache._compute, []
    waits = threading.Event()

    class NotedLock(filelock.FileLock):
        def acquire(self, *arguments, **options):
            if started:  # the first one is at work, and this is the second one
                waits.set()
            return super().acquire(*arguments, **options)

    def noted(*arguments):
        started.append(arguments)
        pool.submit(cached_maps, tmp_path / "c.npz", split, teacher).add_done_callback(results.append)
        assert waits.wait(60)
        compute(*arguments)

    monkeypatch.setattr(_cache, "_compute", noted)
    monkeypatch.setattr(_cache.filelock, "FileLock", NotedLock)
    results = []
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(cached_maps, tmp_path / "c.npz", split, teacher).result()
    np.testing.assert_array_equal(one, results[0].result())
    assert len(started) == 1


def test_the_lock_outlives_the_computation(tmp_path):
    """A file removed while others wait for it would let two processes hold the lock: one on each file."""
    split, teacher = split_of(), Teacher(classifier())
    lock = filelock.FileLock(tmp_path / "c.npz.lock")
    with lock:
        before = (tmp_path / "c.npz.lock").stat().st_ino
    cached_maps(tmp_path / "c.npz", split, teacher)
    assert (tmp_path / "c.npz.lock").stat().st_ino == before


def test_a_foreign_partial_file_is_started_anew(tmp_path):
    split, teacher, path = split_of(), Teacher(classifier()), tmp_path / "c.npz"
    (tmp_path / "c.npz.partial").write_bytes(json.dumps({"format": 1}).encode() + b"\n" + bytes(300 * 49))
    assert cached_maps(path, split, teacher).any()


# ---- refusals ----


def save(path, **arrays):
    with path.open("wb") as file:
        np.savez(file, **arrays)


AGAIN = r"Remove it and run `python -m cutmix_tf attention CONFIG`"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A split, a teacher, the path of their cache, and what it holds."""
    split, teacher, path = split_of(), Teacher(classifier()), tmp_path_factory.mktemp("cache") / "c.npz"
    return split, teacher, path, cached_maps(path, split, teacher)


def test_caches_of_something_else_are_refused_with_what_to_do(made):
    split, teacher, path, _ = made
    with pytest.raises(ValueError, match=f"computed for something else: data is .*{AGAIN}"):
        cached_maps(path, split_of(seed=1), teacher)
    with pytest.raises(ValueError, match="examples is 300, not 299"):
        cached_maps(path, split_of(299), teacher)
    with pytest.raises(ValueError, match=f"something else: teacher is .*{AGAIN}"):
        cached_maps(path, split, Teacher(keras.models.clone_model(classifier())))
    with pytest.raises(ValueError, match=r"grid is \[7, 7\], not \[2, 2\]"):
        cached_maps(path, split, Teacher(classifier(), grid=(2, 2)))


def test_damaged_caches_are_refused_with_what_to_do(made, tmp_path):
    split, teacher, source, maps = made
    path = tmp_path / "c.npz"
    whole, key = source.read_bytes(), np.load(source)["key"]
    damaged = [whole[:10], whole[:2000], whole[:-1], whole[:3000] + bytes([whole[3000] ^ 1]) + whole[3001:]]
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"not a complete cache of attention maps.*{AGAIN}"):
            cached_maps(path, split, teacher)
    for wrong in (maps[:-1], maps.astype(np.float32)):
        save(path, maps=wrong, key=key)
        with pytest.raises(ValueError, match=f"must hold uint8 maps.*{AGAIN}"):
            cached_maps(path, split, teacher)
    save(path, maps=maps)
    with pytest.raises(ValueError, match="not a complete cache"):
        cached_maps(path, split, teacher)
    save(path, maps=np.array([{}], object), key=key)  # pickled: never loaded
    with pytest.raises(ValueError, match="not a complete cache"):
        cached_maps(path, split, teacher)


def test_names_of_caches_tell_them_apart():
    teachers = Teacher("resnet50"), Teacher("runs/mine/final.keras"), Teacher("resnet50", reading="cam")
    names = {cache_path(dataset, teacher).name for dataset in ("cifar10", "folder:/a/b") for teacher in teachers}
    assert len(names) == 6
    assert cache_path("cifar10", Teacher("runs/x.keras")).as_posix() == "attention/cifar10-runs-x-mean.npz"
