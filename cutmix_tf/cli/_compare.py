"""Compares finished runs: python -m cutmix_tf.cli._compare RUN RUN … --save FOLDER."""

import csv
import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import tyro

from cutmix_tf import plotting

COLUMNS = {
    "top1_error_last": "last epoch, top-1 error %",
    "top1_error_best": "best epoch, top-1 error %",
    "train_top1_error_last": "training error %, as mixed",
    "train_images_per_second": "images/s",
}


def compare(runs: Annotated[list[Path], tyro.conf.Positional], save: Path) -> None:
    """Prints the runs' errors side by side and saves them, with their curves and mixes, in a folder.

    Args:
      runs: Folders of finished runs.
      save: The folder for comparison.json, curves.png and the last run's mixes.png.
    """
    summaries = {run.name: _read_summary(run) for run in runs}
    histories = {run.name: _read_history(run) for run in runs}
    save.mkdir(parents=True, exist_ok=True)
    (save / "comparison.json").write_text(json.dumps(summaries, indent=2) + "\n")
    plotting.draw_curves(histories).savefig(save / "curves.png", dpi=120)
    if (runs[-1] / "mixes.png").exists():  # not where features were mixed
        shutil.copy(runs[-1] / "mixes.png", save / "mixes.png")
    print(_table(summaries))
    print(f"Saved {', '.join(sorted(file.name for file in save.iterdir()))} in {save}")


def _read_summary(run: Path) -> dict[str, Any]:
    try:
        return json.loads((run / "summary.json").read_text())
    except FileNotFoundError:
        raise FileNotFoundError(f"{str(run)!r} holds no finished run; train it first.") from None


def _read_history(run: Path) -> list[dict[str, float]]:
    with (run / "history.csv").open() as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def _table(summaries: dict[str, dict[str, Any]]) -> str:
    width = max(len(title) for title in COLUMNS.values())
    lines = ["".ljust(width) + "".join(name.rjust(len(name) + 3) for name in summaries)]
    for column, title in COLUMNS.items():
        values = [f"{summary[column]:.1f}".rjust(len(name) + 3) for name, summary in summaries.items()]
        lines.append(title.ljust(width) + "".join(values))
    return "\n".join(lines)


if __name__ == "__main__":
    tyro.cli(compare)
