"""How long it takes to begin: imports, `cutmix-tf --help`, the first batch and step of a run, and XLA's compilations.

Everything happens in new processes, which take turns. Seconds are counted from the start of the process. The run is
the everyday one on the built-in shapes, `configs/shapes_resnet20_cutmix.py`. Compilations are those of a whole short
run, `cutmix-tf train CONFIG --fast-dev-run`, with evaluation, checkpoints and all files.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _record import comparison, new_record, read_settings, save_record, summary

FULL = {"rounds": 7}
QUICK = {"rounds": 1}
CONFIG = Path(__file__).parents[1] / "configs" / "shapes_resnet20_cutmix.py"
COMMANDS = {
    "python": ("-c", "pass"),
    "import tensorflow": ("-c", "import tensorflow"),
    "import tensorflow, keras": ("-c", "import tensorflow, keras"),
    "import cutmix_tf": ("-c", "import cutmix_tf"),
    "cutmix-tf --version": ("-m", "cutmix_tf", "--version"),
    "cutmix-tf --help": ("-m", "cutmix_tf", "--help"),
    "cutmix-tf train CONFIG --help": ("-m", "cutmix_tf", "train", str(CONFIG), "--help"),
}
FIRST_STEPS = """
import json, os, time
seconds, began = {}, float(os.environ["BEGAN"])
def mark(name):
    seconds[name] = time.time() - began
from cutmix_tf import training
from cutmix_tf.cli._config import read_config
from cutmix_tf.distribution import find_devices
mark("imports")
prepared = training.prepare(read_config([os.environ["CONFIG"]], "python"))
mark("data loaded")
batches = iter(prepared.train_batches())
batch = next(batches)
mark("first batch")
model = training.build_model(prepared, find_devices("default"), None)
mark("model built")
model.train_on_batch(*batch)
mark("first step")
model.train_on_batch(*next(batches))
mark("second step")
print(json.dumps(seconds))
"""
COMPILED = re.compile(r"Compiled (\S+) \d+ times, compile time: (\d+) us")


def in_new_process(arguments: tuple[str, ...], **environment: str) -> tuple[float, subprocess.CompletedProcess]:
    """Seconds that Python takes with these arguments, and what it prints."""
    began = time.time()
    known = {"BEGAN": repr(began), "CONFIG": str(CONFIG), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, *arguments], env=os.environ | known | environment, capture_output=True, text=True, check=True
    )
    return time.time() - began, done


def measure_commands(settings: argparse.Namespace) -> dict:
    """Seconds of imports and commands."""
    seconds = {name: [] for name in COMMANDS}
    for _ in range(settings.rounds):
        for name, arguments in COMMANDS.items():
            seconds[name].append(in_new_process(arguments)[0])
    return comparison("Imports and commands", {name: {"seconds": summary(all_)} for name, all_ in seconds.items()})


def measure_first_steps(settings: argparse.Namespace) -> dict:
    """Seconds from the start of the process to the marks of a run."""
    runs = [json.loads(in_new_process(("-c", FIRST_STEPS))[1].stdout.splitlines()[-1]) for _ in range(settings.rounds)]
    rows = {mark: {"seconds since the start": summary([run[mark] for run in runs])} for mark in runs[0]}
    return comparison("To the first step", rows)


def measure_compilations() -> dict:
    """XLA's compilations in a short run, by the function that is compiled."""
    with tempfile.TemporaryDirectory() as folder:
        train = ("-m", "cutmix_tf", "train", str(CONFIG), "--fast-dev-run", "--run-dir", f"{folder}/run")
        logged = {"TF_CPP_MIN_LOG_LEVEL": "0", "TF_CPP_VMODULE": "device_compilation_profiler=1"}
        seconds, done = in_new_process(train, **logged)
    found = compilations(done.stderr)
    rows = {name: {"compilations": len(times), "seconds": round(sum(times), 3)} for name, times in found.items()}
    rows["all"] = {"compilations": sum(map(len, found.values())), "seconds": round(sum(map(sum, found.values())), 3)}
    rows["the whole run"] = {"seconds": round(seconds, 1)}
    return comparison("XLA in a short run", rows)


def compilations(log: str) -> dict[str, list[float]]:
    """Seconds of each compilation that TensorFlow logged, by the function's name without its numbers."""
    found: dict[str, list[float]] = {}
    for name, microseconds in COMPILED.findall(log):
        name = re.sub(r"^_*inference_+|_\d+$", "", name)
        found.setdefault(name, []).append(int(microseconds) / 1e6)
    return dict(sorted(found.items()))


def main() -> None:
    """Measures, prints and saves the record."""
    settings = read_settings(__doc__, FULL, QUICK)
    record = new_record(settings)
    record["comparisons"] = [measure_commands(settings), measure_first_steps(settings), measure_compilations()]
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()
