"""cutmix-tf compare: finished runs side by side."""

import dataclasses
import shutil
from pathlib import Path
from typing import Annotated, Any

from cutmix_tf import plotting
from cutmix_tf.cli._tyro import import_tyro
from cutmix_tf.runs import RunFiles, read_history, read_json, write_json

tyro = import_tyro()

COLUMNS = {
    "top1_error_last": "last epoch, top-1 error %",
    "top1_error_best": "best epoch, top-1 error %",
    "train_top1_error_last": "training error %, as mixed",
    "train_images_per_second": "images/s",
}


@dataclasses.dataclass(frozen=True)
class CompareOptions:
    """Compares finished runs, and saves the comparison and a figure of their curves."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of finished runs."""
    save: Path
    """The folder for comparison.json, curves.png and the last run's mixes.png."""


def main(words: list[str], program: str) -> None:
    """Reads the command line, compares, and says what was saved."""
    options = tyro.cli(CompareOptions, args=words, prog=program)
    print(compare(options.runs, options.save))
    print(f"Saved {', '.join(sorted(file.name for file in options.save.iterdir()))} in {options.save}")


def compare(runs: tuple[Path, ...], save: Path) -> str:
    """The errors of runs side by side as a table; saves them and their curves in a folder.

    Raises:
      FileNotFoundError: if a run is missing or unfinished.
    """
    files = {run.name: RunFiles(run) for run in runs}
    summaries = {name: read_json(each.summary) for name, each in files.items()}
    histories = {name: read_history(each.history) for name, each in files.items()}
    save.mkdir(parents=True, exist_ok=True)
    write_json(save / "comparison.json", summaries)
    methods = {name: summary["mix"] for name, summary in summaries.items()}
    plotting.draw_curves(histories, methods).savefig(RunFiles(save).curves, dpi=120)
    mixes = RunFiles(runs[-1]).mixes
    if mixes.exists():  # not if features were mixed
        shutil.copy(mixes, RunFiles(save).mixes)
    return _table(summaries)


def _table(summaries: dict[str, dict[str, Any]]) -> str:
    width = max(len(title) for title in COLUMNS.values())
    lines = ["".ljust(width) + "".join(name.rjust(len(name) + 3) for name in summaries)]
    for column, title in COLUMNS.items():
        values = [f"{summary[column]:.1f}".rjust(len(name) + 3) for name, summary in summaries.items()]
        lines.append(title.ljust(width) + "".join(values))
    return "\n".join(lines)
