"""The README's answer to "does it help?": means over all runs of study 1 that are kept."""

import csv
import math
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARMS = {
    "no mixing": "none",
    "CutMix": "cutmix_0.5",
    "CutMix, prob 1": "cutmix_1",
    "MixUp": "mixup_0.5",
    "Attentive CutMix": "attentive_0.5",
    "six random cells, its control": "random_cells_0.5",
    "ObjectAware": "object_aware_0.5",
}
STUDENT = {2: 12.706205, 3: 4.302653}
"""The 97.5 % quantile of Student's t, by the number of pairs."""
COLUMNS = {"error": ("top1_error_last", 1), "loss": ("loss_last", 2)}


def answer():
    """The README's section."""
    return (ROOT / "README.md").read_text().partition("## Does it help?")[2].partition("\n## ")[0]


def table():
    """Its table: for each row, arm -> cell."""
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in answer().splitlines() if "|" in line]
    (_, *titles), _, *rest = rows
    return {name: dict(zip((ARMS[title] for title in titles), cells, strict=True)) for name, *cells in rest}


def values(column):
    """Arm -> seed -> value."""
    with (ROOT / "results" / "few_images" / "runs.csv").open() as file:
        runs = list(csv.DictReader(file))
    return {arm: {run["seed"]: float(run[column]) for run in runs if run["arm"] == arm} for arm in ARMS.values()}


def means(column, digits):
    return {arm: f"{statistics.mean(each.values()):.{digits}f}" for arm, each in values(column).items()}


@pytest.mark.parametrize("row", COLUMNS)
def test_cells_are_means_over_the_seeds(row):
    assert table()[row] == means(*COLUMNS[row])


def test_differences_are_paired_by_seed_with_intervals():
    none, *others = values("top1_error_last").items()
    for arm, errors in others:
        pairs = [error - none[1][seed] for seed, error in errors.items()]
        half_width = STUDENT[len(pairs)] * statistics.stdev(pairs) / math.sqrt(len(pairs))
        assert table()["difference"][arm] == f"{statistics.mean(pairs):.1f} ± {half_width:.1f}".replace("-", "−")


def test_the_best_is_in_bold():
    for row, (column, digits) in COLUMNS.items():
        best = min(means(column, digits).values(), key=float)
        (line,) = (line for line in answer().splitlines() if line.startswith(f"| {row} |"))
        assert re.findall(r"\*\*([\d.]+)\*\*", line) == [best]
