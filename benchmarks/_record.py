"""What all benchmarks share: their command line, and the record that they write."""

import argparse
import json
import math
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("tensorflow", "keras", "numpy")
Setting = int | float


def read_settings(
    description: str | None,
    full: Mapping[str, Setting],
    quick: Mapping[str, Setting],
    more: Callable[[argparse.ArgumentParser], object] = lambda parser: None,
) -> argparse.Namespace:
    """The command line of a benchmark.

    Args:
      description: The docstring of the program.
      full: Its settings; each becomes an option.
      quick: Those that `--quick` replaces.
      more: Adds arguments of its own.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in full.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), help=f"(default: {value})")
    parser.add_argument("--quick", action="store_true", help="only show that everything works; the numbers mean little")
    parser.add_argument(
        "--save", type=Path, nargs="?", const=RESULTS, metavar="FOLDER", help=f"write NAME.json (to {RESULTS.name}/)"
    )
    more(parser)
    settings = parser.parse_args()
    for name, value in {**full, **(quick if settings.quick else {})}.items():
        if getattr(settings, name) is None:
            setattr(settings, name, value)
    return settings


def new_record(settings: argparse.Namespace, packages: Iterable[str] = PACKAGES) -> dict:
    """What a benchmark ran on: command, commit, versions, processor, how busy the machine was; and its settings."""
    return {
        "benchmark": Path(sys.argv[0]).stem,
        "command": shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]]),
        "commit": _commit(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "cpu": _cpu_model(),
        "logical_cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "settings": {name: value for name, value in vars(settings).items() if _is_setting(value)},
    }


def comparison(title: str, rows: Mapping[str, Mapping[str, object]]) -> dict:
    """One table of a record, printed too.

    Args:
      title: What is compared.
      rows: For each candidate, its cells by the heads of their columns: a summary, a number or a text.
    """
    print(f"\n{title}")
    for name, cells in rows.items():
        print(f"  {name:34} " + "   ".join(f"{head} {cell_text(value)}" for head, value in cells.items()))
    return {"title": title, "rows": rows}


def cell_text(value: object) -> str:
    """A cell of a table; a summary as its median, with its quartiles in brackets."""
    if isinstance(value, dict):
        return f"{number_text(value['median'])} ({'–'.join(number_text(value[key]) for key in QUARTILES)})"
    return value if isinstance(value, str) else number_text(value)


QUARTILES = ("lower_quartile", "upper_quartile")


def number_text(value: object) -> str:
    """A number to three significant digits, without an exponent; from 1,000 on, whole."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    if value == 0 or abs(value) >= 1000 or isinstance(value, int):
        return f"{round(value):,}"
    rounded = float(f"{value:.3g}")
    digits = max(2 - math.floor(math.log10(abs(rounded))), 0)
    return f"{rounded:.{digits}f}" if digits < 8 else f"{rounded:g}"


def summary(values: Iterable[float]) -> dict[str, float]:
    """The median and the quartiles, to four significant digits."""
    quartiles = np.percentile(np.asarray(values, float), [25, 50, 75])
    lower, median, upper = map(significant, quartiles)
    return {"median": median, "lower_quartile": lower, "upper_quartile": upper}


def significant(value: float) -> float:
    """The value to four significant digits."""
    return float(f"{value:.4g}")


def save_record(record: dict, folder: Path) -> Path:
    """Writes strict JSON, without NaN or infinity, to NAME.json in the folder; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{record['benchmark']}.json"
    file.write_text(json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"Saved {file}")
    return file


def first_line(error: Exception) -> str:
    """The type of an error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def version(package: str) -> str | None:
    """The version that is installed, if any."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _is_setting(value: object) -> bool:
    return isinstance(value, bool | int | float | str)


def _commit() -> str | None:
    """The short hash of the checkout's commit, marked if files have changed since."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=, with changes"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _cpu_model() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
