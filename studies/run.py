"""Runs what is missing of a study, a training at a time: python studies/run.py STUDY [--hours H --arms A … --seeds S].

Each training is a process of its own. When the time is up it is asked to save and stop; the same command continues it.
The raw files of finished runs are copied to results/STUDY/runs, to be committed. Sets are found by TFDS_DATA_DIR.
"""

import argparse
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from study import KEPT, NETWORK, PRETRAINING, ROOT, Study, StudyRun, load_study
from tasks import TASKS

ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "1"}
"""By default, TensorFlow uses oneDNN only on CPUs with AVX-512; it is faster with AVX2 too."""
STOPPED = 75  # the exit code of a training that was stopped and has saved everything


def main() -> None:
    """Reads the command line, and trains until everything is done or the time is up."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study")
    parser.add_argument("--hours", type=float, default=float("inf"), help="stop after this time; all runs by default")
    parser.add_argument("--arms", nargs="+", help="only these arms")
    parser.add_argument("--seeds", nargs="+", type=int, help="only these seeds")
    parser.add_argument("--one", nargs=2, metavar=("ARM", "SEED"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.chdir(ROOT)
    study = load_study(options.study)
    if options.one:
        train_one(StudyRun(study, options.one[0], int(options.one[1])))
    else:
        run_missing(study, time.monotonic() + 3600 * options.hours, options.arms, options.seeds)


def train_one(run: StudyRun) -> None:
    """Makes all trainings of a run in this process; what has finished already is not trained again."""
    import keras

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    *before, last = run.steps()
    for step in before:
        TASKS[type(step.config)].train(step.config)
        keras.backend.clear_session()  # so that names and memory are those of a new process
    make_images = run.study.arms[run.arm].images
    options = {} if make_images is None else {"images": make_images(last.config)}
    run.study.task.train(last.config, **options)


def run_missing(study: Study, deadline: float, arms: list[str] | None, seeds: list[int] | None) -> None:
    """Trains the runs whose raw files are missing, in the study's order."""
    wanted = [run for run in study.runs() if (not arms or run.arm in arms) and (not seeds or run.seed in seeds)]
    missing = [run for run in wanted if not run.finished]
    print(
        f"{study.name}: {len(wanted) - len(missing)} of {len(wanted)} runs are done{_estimate(study, missing)}",
        flush=True,
    )
    for number, run in enumerate(missing):
        if time.monotonic() >= deadline or not _train(run, deadline):
            print("The time is up. Run the same command to continue.")
            return
        keep(run)
        print(f"{run}: {_result(run)}{_estimate(study, missing[number + 1 :])}", flush=True)


def _train(run: StudyRun, deadline: float) -> bool:
    """Trains in a process of its own; whether it has finished.

    Raises:
      subprocess.CalledProcessError: if it failed.
    """
    print(f"{run}: training in {run.folder}", flush=True)
    run.folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, run.study.name, "--one", run.arm, str(run.seed)]
    log = run.folder.parent / f"{run.folder.name}.log"
    with log.open("a") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=ONEDNN | os.environ)
        try:
            process.wait(None if deadline == float("inf") else max(deadline - time.monotonic(), 0))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.send_signal(signal.SIGTERM)
            process.wait()
            return False
    if process.returncode == STOPPED:
        return False
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, f"see {log}")
    return True


def keep(run: StudyRun) -> None:
    """Copies the raw files of a finished run, and its model where the study keeps it, to where they are committed."""
    for step in run.steps():
        _copy(KEPT, Path(step.config.run_dir), step.kept.folder)
    if run.network is not None:
        _copy(NETWORK, run.folder, run.network)


def _copy(names: tuple[str, ...], source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(source / name, target / name)


def _result(run: StudyRun) -> str:
    name = run.study.task.headlines[0]
    return f"{run.study.task.columns[name]} {run.summary()[name]}"


def _seconds(run: StudyRun) -> float:
    summary = run.summary()
    return summary["seconds"] + summary.get(f"{PRETRAINING}_seconds", 0)


def _estimate(study: Study, missing: list[StudyRun]) -> str:
    """How long the missing runs will take, by the time that finished ones took."""
    done = [run for run in study.runs() if run.finished]
    if not done or not missing:
        return ""
    hours = sum(map(_seconds, done)) / len(done) / 3600
    end = time.strftime("%H:%M", time.localtime(time.time() + 3600 * hours * len(missing)))
    return f"; {len(missing)} to go, about {hours * len(missing):.1f} hours, until {end}"


if __name__ == "__main__":
    main()
