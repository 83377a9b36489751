"""Trains two short runs at each of two commits, and compares their histories and weights bit for bit.

    python tests/compare_commits.py BASE [HEAD]

Each commit is checked out into a temporary worktree and trained with the Python that runs this script. Takes some
minutes; the exit code is 1 if a result differs. Compare on one machine: another one may round differently.
"""

import argparse
import contextlib
import csv
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

os.environ |= {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}  # CPUs repeat their results

ROOT = pathlib.Path(__file__).resolve().parents[1]
CONFIG = "configs/shapes_resnet20_cutmix.py"
RUNS = {  # images mixed in the pipeline, and features mixed in the model
    "CutMix": {"mix": "CutMix(prob=0.5)", "augment": "crop_flip", "label-smoothing": 0.1, "warmup-epochs": 1},
    "FeatureCutMix": {"mix": "FeatureCutMix(prob=0.5, taps=(0, 1))"},
}


def main():
    """Trains at both commits, prints a table of what is equal, and exits with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="commit to compare with")
    parser.add_argument("head", nargs="?", default="HEAD", help="commit to check; default: HEAD")
    parser.add_argument("--epochs", type=int, default=2, help="length of each run; default: 2")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        homes = [pathlib.Path(directory, name) for name in ("base", "head")]
        for home, commit in zip(homes, (options.base, options.head), strict=True):
            train_all(commit, home, options.epochs)
        results = [(name, *result) for name in RUNS for result in compare(*(home / name for home in homes))]
    print(f"\n{'run':16}{'compared':24}{'result':12}details")
    for name, what, differences, details in results:
        print(f"{name:16}{what:24}{'DIFFERENT' if differences else 'equal':12}{'; '.join([*differences, *details])}")
    sys.exit(any(differences for _, _, differences, _ in results))


def train_all(commit, home, epochs):
    """Trains every run at a commit; its folder is home/NAME."""
    with worktree_of(commit, home / "worktree") as worktree:
        for name, overrides in RUNS.items():
            print(f"Training {name} at {commit}", flush=True)
            options = {"epochs": epochs, "run-dir": home / name, **overrides}
            words = ["train_keras.py", CONFIG, *(f"--{option}={value}" for option, value in options.items())]
            environment = os.environ | {"PYTHONPATH": str(worktree)}
            process = subprocess.run(
                [sys.executable, *words], cwd=worktree, env=environment, capture_output=True, text=True, check=False
            )
            if process.returncode:
                sys.exit(f"{shlex.join(words)} failed at {commit}:\n{process.stdout}{process.stderr}")


@contextlib.contextmanager
def worktree_of(commit, path):
    """A checkout of a commit, as long as the context lasts."""
    subprocess.run(["git", "-C", ROOT, "worktree", "add", "--quiet", "--detach", path, commit], check=True)
    try:
        yield path
    finally:
        subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", path], check=True)


def compare(base, head):
    """Yields what was compared in two runs' folders, how it differs, and further details."""
    yield compare_histories(*(read_history(folder / "history.csv") for folder in (base, head)))
    yield compare_weights(*(read_weights(folder / "final.keras") for folder in (base, head)))


def compare_histories(base, head):
    """Compares the columns that both have."""
    both = [name for name in base if name in head]
    differ = [f"{name}: {base[name]} and {head[name]}" for name in both if base[name] != head[name]]
    single = [f"only one has {name}" for name in {**base, **head} if name not in both]
    return f"history, {len(both)} columns", differ if both else ["no common column"], single


def compare_weights(base, head):
    """Compares weights in the model's order."""
    if [value.shape for value in base] != [value.shape for value in head]:
        return "weights", [f"other shapes: {len(base)} and {len(head)} weights"], []
    gaps = [abs(one - other).max() for one, other in zip(base, head, strict=True) if one.tobytes() != other.tobytes()]
    differences = [f"{len(gaps)} weights, by up to {max(gaps):.2g}"] if gaps else []
    return f"weights, {len(base)} tensors", differences, []


def read_history(file):
    """The columns of a history.csv, as numbers; None where a cell is empty."""
    with file.open() as opened:
        rows = list(csv.DictReader(opened))
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in rows[0]}


def read_weights(file):
    """The values of a saved model's trainable weights."""
    import keras  # here, so that wrong arguments are refused at once

    return [weight.numpy() for weight in keras.saving.load_model(file, compile=False).trainable_weights]


if __name__ == "__main__":
    main()
