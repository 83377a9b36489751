"""Devices by name, and which worker keeps what it writes."""

import json
from types import SimpleNamespace

import keras
import pytest
import tensorflow as tf

from cutmix_tf.distribution import _workers, find_devices, lost_workers_reported


@pytest.mark.parametrize(("name", "replicas"), [("default", 1), ("auto", 1), ("mirrored:1", 1), ("mirrored:2", 2)])
def test_devices_share_a_batch_among_their_replicas(name, replicas):
    devices = find_devices(name)
    with devices.scope():
        assert tf.distribute.get_strategy().num_replicas_in_sync == devices.replicas == replicas
    assert (devices.is_chief, devices.several_processes, devices.static_shapes) == (True, False, False)


def test_one_process_neither_waits_nor_changes_the_model():
    devices, model = find_devices("default"), keras.Sequential()
    assert devices.maximum(3) == 3
    assert devices.barrier() is None
    assert devices.prepare(model) is model


REFUSED = {
    "multiworker": "needs the environment variable TF_CONFIG; it is not set",
    "multiworker:slurm": "Start it with srun",
    "multiworker:slrum": "Did you mean 'slurm'",
    "multiworker:kubernetes": "needs the label of the workers' pods",
    "mirored:2": "Did you mean 'mirrored'",
    "mirrored": "needs a number of devices, such as mirrored:2",
    "mirrored:0": "needs a number of devices",
    "default:2": "are followed by a colon; got '2'",
    "data_parallel:2": "On Keras' tensorflow backend, strategy must be one of",
    "": "strategy must be one of auto, default",
}


@pytest.mark.parametrize(("strategy", "message"), REFUSED.items(), ids=REFUSED)
def test_unknown_clusters_and_devices_are_refused(monkeypatch, strategy, message):
    for name in ("TF_CONFIG", "SLURM_PROCID", "HOST_IP"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its message is looked at
        find_devices(strategy)
    assert message in str(refused.value)


def test_devices_that_are_not_there_are_refused(monkeypatch):
    with pytest.raises(RuntimeError, match="mirrored:64 needs 64 logical CPU devices, which must be created before"):
        find_devices("mirrored:64")
    with pytest.raises(RuntimeError, match="strategy 'tpu' needs a TPU; there is none at 'local'"):
        find_devices("tpu")


# ---- clusters ----


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
    description = {"cluster": cluster, "task": {"type": task[0], "index": task[1]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(description))
    assert _workers.is_first(_workers._resolver("")) == first


def test_slurm_names_the_workers(monkeypatch):
    variables = {"PROCID": "1", "STEP_NUM_TASKS": "2", "STEP_NODELIST": "node[1-2]", "STEP_TASKS_PER_NODE": "1(x2)"}
    for name, value in variables.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    resolver = _workers._resolver("slurm")
    assert resolver.cluster_spec().as_dict() == {"worker": ["node1:8888", "node2:8888"]}
    assert (resolver.task_type, resolver.task_id) == ("worker", 1)


def test_kubernetes_names_the_workers(monkeypatch):
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
    with pytest.raises(ValueError, match=r"exactly one pod with label job-name=mix; this one is 10\.0\.0\.9"):
        _workers._kubernetes("job-name=mix", client)


def test_workers_need_a_model_whose_graph_is_known():
    with pytest.raises(ValueError, match="Several workers need a functional model"):
        _workers.Workers.prepare(SimpleNamespace(), keras.Sequential())


@pytest.mark.parametrize("error", [tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError])
def test_a_lost_worker_is_one_clear_error(error):
    with pytest.raises(ConnectionError, match="restart all workers with the same command"), lost_workers_reported():
        raise error(None, None, "Connection reset by peer")
