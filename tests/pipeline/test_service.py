"""The input pipeline on a tf.data service: servers in this process, and in processes of their own that are killed."""

import gc
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import small_runs
from helpers.tiny_sets import MANY_SIZES, prepare

import cutmix_tf as cm
from cutmix_tf import datasets, pipeline
from cutmix_tf.pipeline import DataService

ROOT = Path(__file__).parents[2]
SIZE = (8, 10)
PLAIN = {"image_size": SIZE, "mean": (0, 0, 0), "std": (1, 1, 1)}
service_of = tf.data.experimental.service


@pytest.fixture(scope="module")
def address():
    """A dispatcher and two workers in this process."""
    dispatcher = service_of.DispatchServer()
    target = dispatcher.target.removeprefix("grpc://")
    workers = [service_of.WorkerServer(service_of.WorkerConfig(dispatcher_address=target)) for _ in range(2)]
    yield dispatcher.target
    gc.collect()  # iterators first, for which the workers would wait
    workers.clear()  # before the dispatcher, which they would wait for


@pytest.fixture
def service(address, tmp_path):
    return DataService(address, tmp_path / "arrays", patience=30)


def array_split(count=203):
    images = np.random.default_rng(0).integers(0, 256, (count, *SIZE, 3), dtype=np.uint8)
    return datasets.ArraySplit(images, np.arange(count, dtype=np.int32))


@pytest.fixture(scope="module")
def stream_split(tmp_path_factory):
    """130 images of many sizes in 65 files; the only value of each is its number."""
    directory = tmp_path_factory.mktemp("sets")
    prepare(directory, "many", splits={"train": 130}, shape=MANY_SIZES)
    return datasets.load("many", data_dir=str(directory)).train


def batches(split, *, augment="none", batch_size=6, seed=1, **options):
    return pipeline.train_batches(
        split, pipeline.Preprocessing(**PLAIN, augment=augment), batch_size=batch_size, seed=seed, **options
    )


def as_set(dataset):
    return sorted(b"".join(part.tobytes() for part in batch) for batch in dataset.as_numpy_iterator())


# ---- arrays ----


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [0, 1])
def test_batches_of_arrays_are_the_local_ones_to_the_bit(service, epoch):
    split, options = array_split(), {"augment": "crop_flip", "mix": cm.CutMix(), "first_step": 34 * epoch}
    made = batches(split, **options, source=service)
    local = batches(split, **options)
    assert made.element_spec == local.element_spec
    assert as_set(made) == as_set(local.take(34))


@pytest.mark.slow
def test_the_rest_of_an_epoch_with_maps_and_a_schedule(service):
    split = array_split().with_attention(np.random.default_rng(1).integers(0, 256, (203, 4, 5), dtype=np.uint8))
    options = {"mix": cm.AttentiveCutMix(top_n=6), "strength": lambda step: tf.cast(step, tf.float32) / 68}
    options |= {"first_step": 40, "static_shapes": True}
    made = batches(split, **options, source=service)
    assert made.element_spec[0].shape == (6, *SIZE, 3)
    assert as_set(made) == as_set(batches(split, **options).take(26))  # 33 whole batches an epoch


@pytest.mark.slow
def test_replicas_get_halves_of_the_batches(service):
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    replicas = strategy.experimental_distribute_dataset(batches(array_split(), source=service))
    parts = [[len(part) for part in strategy.experimental_local_results(labels)] for _, labels in replicas]
    assert sorted(parts) == [[3, 2], *[[3, 3]] * 33]


# ---- streams ----


def show_seed(images, labels, seed):
    """A mixer that shows whose chance each example got."""
    return images, tf.tile(seed[None], [tf.shape(labels)[0], 1])


@pytest.mark.slow
def test_each_example_of_a_stream_comes_once_an_epoch(service, stream_split):
    seeds, orders = [], []
    for first_step in (0, 22):
        made = list(batches(stream_split, mix=show_seed, first_step=first_step, source=service).as_numpy_iterator())
        assert [len(images) for images, _ in made] == [6] * 21 + [4]
        orders.append(np.concatenate([images[:, 0, 0, 0] for images, _ in made]))
        np.testing.assert_array_equal(np.sort(orders[-1]), np.arange(130))
        seeds.append(np.concatenate([rows for _, rows in made]))
        _, shared_by = np.unique(seeds[-1], axis=0, return_counts=True)
        assert shared_by.max() == 6  # one batch's: no two workers draw alike
    assert np.any(orders[0] != orders[1])
    first, second = (set(map(tuple, rows)) for rows in seeds)
    assert len(first & second) < 3  # what is beyond an epoch's last step has the next one's numbers


@pytest.mark.slow
def test_streams_of_one_shape_and_from_a_later_step(service, stream_split):
    made = batches(stream_split, first_step=5, static_shapes=True, source=service)
    assert made.element_spec[0].shape == (6, *SIZE, 3)
    values = np.concatenate([images[:, 0, 0, 0] for images, _ in made.as_numpy_iterator()])
    assert len(values) == len(np.unique(values)) == (21 - 5) * 6


# ---- what goes wrong ----


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_missing_servers_are_named(tmp_path):
    nowhere = DataService(f"grpc://localhost:{free_port()}", tmp_path, patience=1)
    with pytest.raises(ConnectionError, match=r"needs a dispatcher; none has answered at grpc://localhost:\d+ in 1 s"):
        batches(array_split(), source=nowhere)
    dispatcher = service_of.DispatchServer()
    lonely = DataService(dispatcher.target, tmp_path, patience=1)
    with pytest.raises(tf.errors.UnknownError, match=r"ConnectionError: A data service needs workers; none .* in 1 s"):
        next(iter(batches(array_split(), source=lonely)))


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("localhost:5050", ValueError, "grpc://HOST:PORT; got 'localhost:5050'. cutmix-tf serve dispatcher"),
        ("grpc://localhost", ValueError, "grpc://HOST:PORT; got"),
        ("grpc://localhost:70000", ValueError, "grpc://HOST:PORT; got"),
        ("http://localhost:5050", ValueError, "grpc://HOST:PORT; got"),
        (5050, TypeError, "must be a string; got 5050"),
    ],
)
def test_wrong_addresses_are_refused(address, error, message):
    with pytest.raises(error, match=message):
        DataService(address, "arrays")


def test_wrong_patience_is_refused():
    with pytest.raises(ValueError, match="patience must be above 0; got 0"):
        DataService("grpc://[::1]:5050", "arrays", patience=0)


@pytest.mark.slow
def test_what_a_service_cannot_do_is_refused(service, stream_split):
    with pytest.raises(ValueError, match=r"other processes make the batches\. Use cached maps"):
        batches(array_split(), mix=cm.AttentiveCutMix(), attend=lambda images: images[..., 0], source=service)

    def inside(images, labels, seed):
        return {"images": images, "plan": {"tap": labels}}, labels

    with pytest.raises(ValueError, match="can't carry a plan for mixing inside the model"):
        batches(stream_split, mix=inside, source=service)


# ---- servers in processes of their own ----


def start(*words):
    """A server by its command."""
    command = [sys.executable, "-m", "cutmix_tf", "serve", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def servers():
    """The dispatcher's HOST:PORT and two workers, to which more may be added. All must end on SIGTERM."""
    address = f"localhost:{free_port()}"
    dispatcher = start("dispatcher", "--port", address.split(":")[1])
    workers = [start("worker", "--dispatcher", address) for _ in range(2)]
    try:
        for server in (dispatcher, *workers):
            assert server.stdout.readline()
        yield address, workers
        for server in (*workers, dispatcher):
            server.terminate()
        assert {server.wait(timeout=10) for server in (*workers, dispatcher)} <= {0, -signal.SIGKILL}
    finally:
        for server in (*workers, dispatcher):
            server.kill()
            server.stdout.close()
            server.wait()


@pytest.mark.slow
def test_a_killed_worker_does_not_end_the_epoch_before_the_others(servers, tmp_path):
    address, workers = servers
    service = DataService(f"grpc://{address}", tmp_path, patience=3)
    split = array_split(1800)
    workers.append(start("worker", "--dispatcher", address))
    assert workers[-1].stdout.readline()
    for first_step in (0, 300):  # the second epoch begins without it, and is whole
        labels = []
        for number, (_, batch) in enumerate(batches(split, first_step=first_step, source=service)):
            if number == 60 and first_step == 0:
                workers[-1].send_signal(signal.SIGKILL)
            labels += batch.numpy().tolist()
        assert len(set(labels)) == len(labels) > (1000 if first_step == 0 else 1799)


@pytest.mark.slow
def test_a_run_trains_with_a_service(servers, tmp_path):
    small_runs.train(tmp_path / "run", data_service=f"grpc://{servers[0]}")
    rows = small_runs.rows_of(tmp_path / "run")
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    assert not (tmp_path / "run" / "arrays").exists()


@pytest.mark.slow
def test_a_training_that_is_stopped_inside_an_epoch_ends(servers, tmp_path):
    program = ROOT / "tests" / "programs" / "stop_a_training_on_a_service.py"
    child = [sys.executable, str(program), f"grpc://{servers[0]}", str(tmp_path)]
    assert subprocess.run(child, timeout=180, check=False, cwd=ROOT).returncode == 75
