"""How fast a CPU trains: settings of TensorFlow and Keras, each in a process of its own, and PyTorch beside them.

A CIFAR ResNet-20 on one batch of 128 noise images, step by step, with `fit`: no input pipeline. All processes are there
from the start, and take turns; those that wait don't compute. What each setting is:

- float32: the default dtype policy of Keras, without XLA. Like the others it has oneDNN, which TensorFlow leaves off by
  default on processors without AVX-512 VNNI
- mixed_bfloat16: Keras' dtype policy
- FPMATH_MODE=BF16: oneDNN rounds to bfloat16 inside of float32 convolutions
- ONEDNN_OPTS=0: without oneDNN
- threads: of one operation and between operations
- steps_per_execution, jit_compile: of `compile`
- PyTorch: an equal network, eager, channels last; float32 and under bfloat16 autocast
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _record import PACKAGES, comparison, new_record, read_settings, save_record

FULL = {"rounds": 10, "steps": 16}
QUICK = {"rounds": 1, "steps": 8}
BATCH, CORES = 128, os.cpu_count() or 1


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to train: environment variables, and what the process does."""

    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    policy: str = "float32"
    threads: tuple[int, int] | None = None
    compiling: dict[str, Any] = dataclasses.field(default_factory=dict)
    framework: str = "tensorflow"


ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "1"}
BF16 = {"TF_SET_ONEDNN_FPMATH_MODE": "BF16"}
WAYS = {
    "float32": Way(),
    "mixed_bfloat16": Way(policy="mixed_bfloat16"),
    "FPMATH_MODE=BF16": Way(BF16),
    "mixed_bfloat16, FPMATH_MODE=BF16": Way(BF16, policy="mixed_bfloat16"),
    "ONEDNN_OPTS=0": Way({"TF_ENABLE_ONEDNN_OPTS": "0"}),
    "one thread": Way(threads=(1, 1)),
    f"{CORES} threads, one operation at a time": Way(threads=(CORES, 1)),
    "steps_per_execution=8": Way(compiling={"steps_per_execution": 8}),
    "jit_compile=True": Way(compiling={"jit_compile": True}),
    "mixed_bfloat16, jit_compile=True": Way(policy="mixed_bfloat16", compiling={"jit_compile": True}),
    "PyTorch, float32": Way(framework="torch"),
    "PyTorch, bfloat16 autocast": Way(policy="bfloat16", framework="torch"),
}


class Worker:
    """A process that trains in one way whenever it is asked to."""

    def __init__(self, name: str, steps: int):
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | ONEDNN | WAYS[name].environment
        command = [sys.executable, __file__, "--worker", name, "--steps", str(steps)]
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.facts = self._answer()

    def window(self) -> float:
        """Steps per second over one window."""
        print("go", file=self._process.stdin, flush=True)
        return self._answer()["rate"]

    def close(self) -> None:
        """Ends the process."""
        self._process.stdin.close()  # pyright: ignore[reportOptionalMemberAccess]
        self._process.wait()

    def _answer(self) -> dict:
        for line in self._process.stdout or ():
            if line.startswith("{"):
                return json.loads(line)
        raise ChildProcessError("it ended")


def work(name: str, steps: int) -> None:
    """The worker's side: takes steps for each line that it reads, and prints its rate."""
    run, parameters = (torch_steps if WAYS[name].framework == "torch" else keras_steps)(WAYS[name], steps)
    run()
    print(json.dumps({"parameters": parameters}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        run()
        print(json.dumps({"rate": steps / (time.perf_counter() - begin)}), flush=True)


def keras_steps(way: Way, steps: int) -> tuple[Callable[[], Any], int]:
    """A call of `fit`, and the number of trainable parameters."""
    import keras
    import numpy as np
    import tensorflow as tf
    from _timing import untuned  # tf.data's tuner can take seconds to end, more than a window

    import cutmix_tf as cm

    if way.threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(way.threads[0])
        tf.config.threading.set_inter_op_parallelism_threads(way.threads[1])
    keras.config.set_dtype_policy(way.policy)
    model = cm.models.build("resnet20", num_classes=10, input_shape=(32, 32, 3))
    compiling = {"jit_compile": False} | way.compiling
    model.compile(keras.optimizers.SGD(0.1, 0.9), cm.MixedCrossentropy(), **compiling)
    chance = np.random.default_rng(0)
    images = tf.constant(chance.normal(size=(BATCH, 32, 32, 3)), tf.float32)
    batches = untuned(tf.data.Dataset.from_tensors((images, tf.constant(chance.integers(0, 10, BATCH)))).repeat())
    parameters = sum(int(np.prod(weights.shape)) for weights in model.trainable_weights)
    return lambda: model.fit(batches, steps_per_epoch=steps, verbose=0), parameters


def torch_steps(way: Way, steps: int) -> tuple[Callable[[], Any], int]:
    """Steps in PyTorch, and the number of trainable parameters."""
    from _torch_resnet20 import training_steps

    step, parameters = training_steps(BATCH, bfloat16=way.policy == "bfloat16")
    return lambda: [step() for _ in range(steps)], parameters


def measure(settings: argparse.Namespace) -> dict:
    """Images per second of each way, and their ratios to float32."""
    from _timing import compared

    workers, failures = {}, {}
    quick = ("float32", "mixed_bfloat16", "PyTorch, float32")  # each process takes about a gigabyte of memory
    for name, way in ({name: WAYS[name] for name in quick} if settings.quick else WAYS).items():
        print(f"starting {name}", flush=True)
        try:
            workers[name] = Worker(name, settings.steps)
        except ChildProcessError:
            failures[name] = {"images/s": "not installed" if way.framework == "torch" else "fails"}
    rows = compared(workers, ("float32",), BATCH, settings.rounds)
    for name, worker in workers.items():
        rows[name]["parameters"] = worker.facts["parameters"]
        worker.close()
    return comparison(f"Training a ResNet-20 at 32 px in batches of {BATCH}, {CORES} cores", rows | failures)


def main() -> None:
    """Measures, prints and saves the record; or is a worker."""
    settings = read_settings(
        __doc__, FULL, QUICK, lambda parser: parser.add_argument("--worker", choices=WAYS, help=argparse.SUPPRESS)
    )
    if settings.worker:
        return work(settings.worker, settings.steps)
    record = new_record(settings, (*PACKAGES, "torch")) | {"processor_flags": _flags()}
    record["comparisons"] = [measure(settings)]
    if settings.save:
        save_record(record, settings.save)
    return None


def _flags() -> list[str]:
    """What of the processor matters for bfloat16."""
    facts = Path("/proc/cpuinfo")
    known = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile")
    return [flag for flag in known if facts.exists() and f" {flag}" in facts.read_text(encoding="utf-8")]


if __name__ == "__main__":
    main()
