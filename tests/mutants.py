"""Ignores one setting of the config after another, and expects its test to fail: python tests/mutants.py [FIELD …].

A mutant is a copy of the package in which every use of a setting, where configs are wired to what they set, is replaced
by the setting's default, while the config itself still holds the value. Its rows of tests/training/test_wiring.py must
then fail. Exits with code 1 if a mutant survives.
"""

import concurrent.futures
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cutmix_tf.training import TrainConfig

ROOT = Path(__file__).parents[1]
WIRED_IN = ("training/_config.py", "training/_fit.py", "training/_model.py", "training/_optimizer.py")
WIRED_IN += ("training/_prepare.py", "training/_train.py", "runs/_folder.py")
WIRING = "tests/training/test_wiring.py"
PASSED, FAILED = 0, 1  # pytest's exit codes
NEEDED = {"dataset": "shapes", "model": "resnet20", "epochs": 3}
"""What stands for the settings that have no default."""
NO_DEFAULT_SEEN = {"run_dir": "'ignored'"}
"""Defaults with which the code would stop at once are replaced by another value."""


def main() -> None:
    """Makes and tests the mutants, two at a time, after a copy that ignores nothing."""
    fields = [field.name for field in dataclasses.fields(TrainConfig)]
    chosen = sys.argv[1:] or fields
    if test_copy(chosen, ignored=None) != PASSED:
        sys.exit("The wiring test must pass before anything is ignored; it fails.")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        caught = dict(zip(chosen, pool.map(is_caught, chosen), strict=True))
    survivors = [field for field, noticed in caught.items() if not noticed]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants are caught")
    sys.exit(f"Survivors: {', '.join(survivors)}" if survivors else 0)


def is_caught(field: str) -> bool:
    """Whether a setting's rows fail if the setting is ignored."""
    caught = test_copy([field], ignored=field) == FAILED
    print(f"{field:>20}  {'caught' if caught else 'SURVIVED'}", flush=True)
    return caught


def test_copy(fields: list[str], ignored: str | None) -> int:
    """Runs the rows of these settings on a copy of the package that ignores one of them; pytest's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "cutmix_tf"
        shutil.copytree(ROOT / "cutmix_tf", package)
        if ignored is not None and not sum(mutate(package / file, ignored) for file in WIRED_IN):
            return PASSED
        rows = " or ".join(f"{field}-{number}" for field in fields for number in range(9))
        # -P keeps the checkout off the path, so that the copy is imported
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", rows, WIRING]
        environment = {**os.environ, "PYTHONPATH": folder, "TF_CPP_MIN_LOG_LEVEL": "2"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode


def mutate(file: Path, field: str) -> int:
    """Replaces the uses of a setting in a file by its default; how many there were."""
    text, count = re.subn(rf"\b(?:\w+\.)*{_holder(file)}\.{field}\b", _default(field), file.read_text())
    file.write_text(text)
    return count


def _holder(file: Path) -> str:
    """What the config is called in a file."""
    return "self" if file.name == "_config.py" else "config"


def _default(field: str) -> str:
    if field in NO_DEFAULT_SEEN:
        return NO_DEFAULT_SEEN[field]
    defaults = {each.name: each.default for each in dataclasses.fields(TrainConfig)}
    return repr(NEEDED.get(field, defaults[field]))


if __name__ == "__main__":
    main()
