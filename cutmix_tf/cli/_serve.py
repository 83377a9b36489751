"""Starts a server of a tf.data service: python -m cutmix_tf.data.serve dispatcher, and as many workers as wanted.

    python -m cutmix_tf.data.serve dispatcher --port 5050
    python -m cutmix_tf.data.serve worker --dispatcher HOST:5050 --host OWN_HOST

Trainings use it with `--data-service grpc://HOST:5050`. Servers end with SIGTERM or Ctrl-C.
"""

import os
import signal
import threading
from pathlib import Path

import tensorflow as tf
import tyro


def dispatcher(port: int = 5050, work_dir: Path | None = None) -> None:
    """Deals out the work; one is needed.

    Args:
      port: Where it listens; 0 for any that is free.
      work_dir: Where it writes down what it knows, so that trainings survive its restart; None keeps it in memory.
    """
    config = tf.data.experimental.service.DispatcherConfig(
        port=port, work_dir=work_dir and str(work_dir.absolute()), fault_tolerant_mode=work_dir is not None
    )
    server = tf.data.experimental.service.DispatchServer(config)
    _serve(server, f"Dispatcher at {server.target}")


def worker(dispatcher: str, host: str = "localhost", port: int = 0) -> None:
    """Makes batches, with all cores of its machine. One that is started again on its port takes up its work again.

    Args:
      dispatcher: HOST:PORT.
      host: The name under which the training's machine reaches this one.
      port: Where it listens; 0 for any that is free.
    """
    config = tf.data.experimental.service.WorkerConfig(
        dispatcher_address=dispatcher.removeprefix("grpc://"), worker_address=f"{host}:%port%", port=port
    )
    _serve(tf.data.experimental.service.WorkerServer(config), f"Worker of {dispatcher}")


def _serve(server, told: str) -> None:
    """Runs until the process is told to end; `join` would not let Python see that."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print(told, flush=True)
    ended.wait()
    os._exit(0)  # a worker's `stop`, which its destructor calls too, waits for a dispatcher that may be gone


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"dispatcher": dispatcher, "worker": worker})
