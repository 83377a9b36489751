"""Evaluates a study's trained models beyond their error: python studies/evaluate.py STUDY [--arms A … --seeds S …].

Needs the folders that studies/run.py has trained in. What is measured is kept as evaluation.json beside the other raw
files of a run, to be committed; runs that have one are left out. Sets are found by TFDS_DATA_DIR.
"""

import argparse
import os

from study import ROOT, StudyRun, load_study

from cutmix_tf import evaluation
from cutmix_tf.runs import measured_with

LIMIT = 2000


def main() -> None:
    """Reads the command line, and evaluates what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study")
    parser.add_argument("--arms", nargs="+", help="only these arms")
    parser.add_argument("--seeds", nargs="+", type=int, help="only these seeds")
    parser.add_argument("--suites", nargs="+", choices=evaluation.SUITES, help="by default, all that fit")
    parser.add_argument("--ood", nargs="+", default=("uniform", "gaussian"), help="sets that no model has seen")
    parser.add_argument("--limit", type=int, default=LIMIT, help="images of each set, the same for every run")
    options = parser.parse_args()
    os.chdir(ROOT)
    for run in load_study(options.study).runs():
        wanted = (not options.arms or run.arm in options.arms) and (not options.seeds or run.seed in options.seeds)
        if wanted and run.finished and not run.kept.evaluation.is_file():
            evaluate_run(run, options.suites, options.ood, options.limit)
            print(f"{run}: evaluated", flush=True)


def evaluate_run(run: StudyRun, suites: list[str] | None, ood: list[str], limit: int | None) -> None:
    """Evaluates the model of a run's last epoch, and keeps what is measured.

    Raises:
      OSError: if the run's folder is not there.
    """
    task = evaluation.load_task(evaluation.load_model(run.folder), ood=ood, limit=limit)
    results = evaluation.evaluate(task, suites) | {"measured_with": measured_with()}
    evaluation.write_evaluation(run.kept.folder, results)


if __name__ == "__main__":
    main()
