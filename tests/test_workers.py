"""Several workers on loopback train as several replicas of one process do, bit for bit, and end and begin together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import test_resume as resumed
import test_training as small

from cutmix_tf.training import _devices, _workers

TESTS = Path(__file__).parent
TRAIN = """
import sys
folder, strategy, mix, epochs = sys.argv[1:]
import pytest, tensorflow as tf
import test_training as small, cutmix_tf as cm
from cutmix_tf import training
small.small_set.__wrapped__(pytest.MonkeyPatch())
config = small.config(folder, strategy=strategy, mix=eval(mix), epochs=int(epochs), checkpoint_minutes=0.0)
run = training.Run(config, model=small.small_model)
try:
    run.fit()
except ConnectionError as error:
    sys.exit(f"told: {error}")
print("wrote to", run.folder.path)
with run.devices.scope():
    shares = iter(tf.distribute.get_strategy().experimental_distribute_dataset(run.train_batches()))
    for _ in range(4):
        images, targets = next(shares)
        for part in tf.distribute.get_strategy().experimental_local_results(targets):
            print("share", part[:, :, 0].numpy().astype(int).tolist())
"""
CUTMIX, HIDDEN = "cm.CutMix(prob=0.5)", "cm.FeatureCutMix(taps=(0, 'conv'))"


def start(*arguments, worker=None):
    """A process that trains; one of two workers if `worker` is (index, ports)."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    if worker is not None:
        index, ports = worker
        cluster = {"worker": [f"localhost:{port}" for port in ports]}
        environment["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def start_two(*arguments):
    with socket.socket() as one, socket.socket() as two:
        for opened in (one, two):
            opened.bind(("localhost", 0))
        ports = [opened.getsockname()[1] for opened in (one, two)]
    return [start(*arguments, worker=(index, ports)) for index in range(2)]


def end(*processes):
    """What each process wrote, once all have ended."""
    outputs = [process.communicate(timeout=240) for process in processes]
    return [
        SimpleNamespace(code=p.returncode, out=out, err=err) for p, (out, err) in zip(processes, outputs, strict=True)
    ]


def assert_same_bits(one, two):
    assert (one / "history.csv").read_bytes() == (two / "history.csv").read_bytes()
    for ours, theirs in zip(small.weights_of(one), small.weights_of(two), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def shares_of(output):
    return [json.loads(line.removeprefix("share ")) for line in output.splitlines() if line.startswith("share ")]


def test_two_workers_train_as_two_replicas_do(tmp_path):
    workers = end(*start_two(tmp_path / "workers", "auto", HIDDEN, 2))
    assert [worker.code for worker in workers] == [0, 0], workers[0].err[-2000:]
    (mirrored,) = end(start(tmp_path / "mirrored", "mirrored:2", HIDDEN, 2))
    assert_same_bits(tmp_path / "workers", tmp_path / "mirrored")
    chief, other = workers
    assert f"wrote to {tmp_path}" in chief.out
    assert f"wrote to {tmp_path}" not in other.out
    both = [share for pair in zip(shares_of(chief.out), shares_of(other.out), strict=True) for share in pair]
    assert shares_of(mirrored.out) == both  # each worker gets its own part of the same batches
    assert all(len(share) == 8 for share in both[:6])


@pytest.mark.slow
def test_workers_that_are_stopped_or_lose_one_end_together_and_go_on_to_the_same_bits(tmp_path):
    arguments = tmp_path / "workers", "multiworker", CUTMIX, 5
    for how, codes in ((signal.SIGTERM, (75, 75)), (signal.SIGKILL, (-signal.SIGKILL, 1))):
        workers = start_two(*arguments)
        _wait_for_another_checkpoint(tmp_path / "workers", workers)
        workers[1].send_signal(how)
        chief, other = end(*workers)
        assert sorted((chief.code, other.code)) == sorted(codes), chief.err[-2000:]
        assert ("told: Another worker has ended" in chief.err) == (how == signal.SIGKILL)
    workers = end(*start_two(*arguments))
    assert [worker.code for worker in workers] == [0, 0], workers[0].err[-2000:]
    end(start(tmp_path / "mirrored", "mirrored:2", CUTMIX, 5))
    assert_same_bits(tmp_path / "workers", tmp_path / "mirrored")


def _wait_for_another_checkpoint(folder, workers):
    """Until there is a checkpoint that was not there; the workers are slow enough that it isn't their last."""
    before, deadline = set(folder.glob("checkpoints/step-*")), time.monotonic() + 120
    while not set(folder.glob("checkpoints/step-*")) - before:
        assert all(worker.poll() is None for worker in workers), workers[0].communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("cluster", "task", "first"),
    [
        ({"worker": ["a:1", "b:1"]}, ("worker", 0), True),
        ({"worker": ["a:1", "b:1"]}, ("worker", 1), False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("chief", 0), True),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("worker", 0), False),
    ],
)
def test_one_worker_keeps_what_it_writes(monkeypatch, cluster, task, first):
    told = {"cluster": cluster, "task": {"type": task[0], "index": task[1]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(told))
    assert _workers.is_first(_workers._resolver("")) == first


def test_slurm_tells_the_workers(monkeypatch):
    told = {"PROCID": "1", "STEP_NUM_TASKS": "2", "STEP_NODELIST": "node[1-2]", "STEP_TASKS_PER_NODE": "1(x2)"}
    for name, value in told.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    resolver = _workers._resolver("slurm")
    assert resolver.cluster_spec().as_dict() == {"worker": ["node1:8888", "node2:8888"]}
    assert (resolver.task_type, resolver.task_id) == ("worker", 1)


def test_kubernetes_tells_the_workers(monkeypatch):
    def pods(label_selector):
        status = [SimpleNamespace(phase="Running", host_ip=f"10.0.0.{k}") for k in (1, 2)]
        meta = [SimpleNamespace(name=f"{label_selector}-{k}") for k in (1, 2)]
        return SimpleNamespace(items=[SimpleNamespace(status=s, metadata=m) for s, m in zip(status, meta, strict=True)])

    client = SimpleNamespace(list_pod_for_all_namespaces=pods)
    monkeypatch.setenv("HOST_IP", "10.0.0.2")
    resolver = _workers._kubernetes("job-name=mix", client)
    assert resolver.cluster_spec().as_dict() == {"worker": ["10.0.0.1:8888", "10.0.0.2:8888"]}
    assert (resolver.task_type, resolver.task_id) == ("worker", 1)
    monkeypatch.setenv("HOST_IP", "10.0.0.9")
    with pytest.raises(ValueError, match="One pod of job-name=mix is needed on each node"):
        _workers._kubernetes("job-name=mix", client)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("multiworker", "needs TF_CONFIG; it is not set"),
        ("multiworker:slurm", "start it with srun"),
        ("multiworker:slrum", "Did you mean 'slurm'"),
        ("multiworker:kubernetes", "needs the label of the workers' pods"),
        ("mirored:2", "Did you mean 'mirrored'"),
        ("mirrored", "needs a number of devices, such as mirrored:2"),
        ("mirrored:0", "needs a number of devices"),
        ("default:2", "take a part after a colon; got '2'"),
        ("data_parallel:2", "On Keras' tensorflow backend, strategy must be one of"),
    ],
)
def test_unknown_clusters_and_devices_are_refused(monkeypatch, strategy, message):
    for name in ("TF_CONFIG", "SLURM_PROCID", "HOST_IP"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match=message):
        _devices.find_devices(strategy)


def test_workers_need_a_model_whose_graph_is_known():
    with pytest.raises(ValueError, match="Several workers need a functional model"):
        _workers.Workers.ready(SimpleNamespace(), resumed.keras.Sequential())
