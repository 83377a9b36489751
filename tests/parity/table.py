"""Runs the comparisons and writes their tables into docs/parity.md: `python tests/parity/table.py`."""

import importlib.metadata
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs" / "parity.md"
MARK = "<!-- Below: written by tests/parity/table.py -->\n"
PACKAGES = ("torch", "torchvision", "timm", "pillow", "tensorflow", "keras", "keras-cv", "numpy")


class Recorder:
    """A pytest plugin that collects what the fixture `record` measured.

    Attributes:
      tables: for each file's docstring, the rows by (what is compared, reference); each holds (difference, bound) by
        quantity.
    """

    def __init__(self):
        self.tables = {}

    def pytest_runtest_logreport(self, report):
        """Called by pytest after each phase of a test; the call's report has the measurements."""
        for name, row in report.user_properties if report.when == "call" else ():
            if name == "parity":
                title, compared, reference, quantity, *measured = row
                self.tables.setdefault(title, {}).setdefault((compared, reference), {})[quantity] = measured


def section(docstring: str, rows: dict) -> str:
    """A file's docstring and table; a bound that all rows share stands in the head of its column."""
    title, _, text = docstring.partition("\n\n")
    quantities = list(dict.fromkeys(quantity for cells in rows.values() for quantity in cells))
    bounds = {each: {cells[each][1] for cells in rows.values() if each in cells} for each in quantities}
    heads = [f"{each} (≤ {min(bounds[each]):.3g})" if len(bounds[each]) == 1 else each for each in quantities]
    lines = [["ours", "reference", *heads], ["---", "---", *["---:"] * len(heads)]]
    lines += [[*row, *(_cell(cells.get(each), bounds[each]) for each in quantities)] for row, cells in rows.items()]
    return f"## {title.rstrip('.')}\n\n{text}\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(measured: tuple | None, bounds: set) -> str:
    if measured is None:
        return ""
    difference, bound = measured
    return f"{difference:.3g}" if len(bounds) == 1 else f"{difference:.3g} (≤ {bound:.3g})"


def main() -> int:
    """pytest's exit status; the page is written if all comparisons ran and passed."""
    recorder = Recorder()
    status = pytest.main(["-q", "-p", "no:cacheprovider", str(pathlib.Path(__file__).parent)], plugins=[recorder])
    if status == pytest.ExitCode.OK and recorder.tables:
        versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
        prose = PAGE.read_text().partition(MARK)[0]
        sections = [section(title, rows) for title, rows in recorder.tables.items()]
        PAGE.write_text("\n".join([prose + MARK, f"Measured on a CPU with {versions}.\n", *sections]))
    return status


if __name__ == "__main__":
    sys.exit(main())
