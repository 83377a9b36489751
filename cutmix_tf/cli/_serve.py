"""cutmix-tf serve: a server of a tf.data service, one dispatcher and as many workers as you like.

    cutmix-tf serve dispatcher --port 5050
    cutmix-tf serve worker --dispatcher HOST:5050 --host OWN_HOST

Trainings use it with `--data-service grpc://HOST:5050`. Servers end with SIGTERM or Ctrl-C.
"""

import os
import signal
import threading
from pathlib import Path

import tensorflow as tf

from cutmix_tf.cli._tyro import import_tyro


def main(words: list[str], program: str) -> None:
    """Reads the command line and serves until the process is stopped."""
    commands = {"dispatcher": dispatcher, "worker": worker}
    import_tyro().extras.subcommand_cli_from_dict(commands, args=words, prog=program)


def dispatcher(port: int = 5050, work_dir: Path | None = None) -> None:
    """Distributes the work; one is needed.

    Args:
      port: Where it listens; 0 for any free port.
      work_dir: Where it writes its state, so that trainings survive a restart of it; None keeps it in memory.
    """
    config = tf.data.experimental.service.DispatcherConfig(
        port=port, work_dir=work_dir and str(work_dir.absolute()), fault_tolerant_mode=work_dir is not None
    )
    server = tf.data.experimental.service.DispatchServer(config)
    _serve(server, f"Dispatcher at {server.target}")


def worker(dispatcher: str, host: str = "localhost", port: int = 0) -> None:
    """Makes batches with all cores of its machine. A worker that is restarted on its port continues its work.

    Args:
      dispatcher: HOST:PORT.
      host: The name under which the training's machine reaches this one.
      port: Where it listens; 0 for any free port.
    """
    config = tf.data.experimental.service.WorkerConfig(
        dispatcher_address=dispatcher.removeprefix("grpc://"), worker_address=f"{host}:%port%", port=port
    )
    _serve(tf.data.experimental.service.WorkerServer(config), f"Worker of {dispatcher}")


def _serve(server, message: str) -> None:
    """Runs until the process is stopped; the server's own `join` would not let Python handle signals."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print(message, flush=True)
    ended.wait()
    os._exit(0)  # a worker's `stop`, which its destructor calls too, waits for a dispatcher that may be gone
