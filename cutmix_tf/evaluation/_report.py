"""Evaluations as files, tables and figures."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cutmix_tf import plotting, runs
from cutmix_tf.evaluation.suites import SUITES, Results


def write_evaluation(folder: str | Path, results: Results) -> Path:
    """Writes results into a run's evaluation.json, whole or not at all; makes the folder if it is missing.

    Raises:
      ValueError: if a number is not finite.
      OSError: if it can't be written.
    """
    file = runs.RunFiles(Path(folder)).evaluation
    file.parent.mkdir(parents=True, exist_ok=True)
    runs.write_json(file, results)
    return file


def read_evaluation(folder: str | Path) -> dict[str, Any]:
    """The content of a run's evaluation.json.

    Raises:
      FileNotFoundError: if the run has not been evaluated.
      ValueError: if the file is damaged.
    """
    file = runs.RunFiles(Path(folder)).evaluation
    if not file.is_file():
        raise FileNotFoundError(f"{str(folder)!r} has not been evaluated. Run: cutmix-tf evaluate {folder}")
    return runs.read_json(file)


def headlines(results: Results) -> dict[str, float]:
    """An evaluation's main numbers by their titles, of all suites that were run."""
    found = {}
    for name, suite in SUITES.items():
        if name in results:
            found |= suite.headlines(results[name])
    return found


def table(evaluations: Mapping[str, Results]) -> str:
    """The main numbers of several runs side by side, one line each; a dash where one was not measured.

    Args:
      evaluations: Name of the run -> its results, as returned by `evaluate`.
    """
    columns = {name: headlines(results) for name, results in evaluations.items()}
    titles = list(dict.fromkeys(title for column in columns.values() for title in column))
    width = max(map(len, titles), default=0)
    widths = {name: max(len(name), 7) + 3 for name in columns}
    lines = ["".ljust(width) + "".join(name.rjust(widths[name]) for name in columns)]
    for title in titles:
        cells = (_number(column.get(title)).rjust(widths[name]) for name, column in columns.items())
        lines.append(title.ljust(width) + "".join(cells))
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value < 1 else f"{value:.1f}"


def draw_evaluations(evaluations: Mapping[str, Results]):
    """The panels of all suites that have one and were run, with a color for each run, by its mixing method.

    Args:
      evaluations: Name of the run -> its results, as returned by `evaluate`.

    Returns:
      A matplotlib figure.

    Raises:
      ValueError: if no suite with a panel was run.
      ImportError: if matplotlib is missing.
    """
    colors = plotting.colors_of({name: results.get("mix") for name, results in evaluations.items()})
    panels = []
    for name, suite in SUITES.items():
        own = {run: results[name] for run, results in evaluations.items() if name in results}
        if own and suite.panel is not None:
            panels.append(functools.partial(suite.panel, results=own, colors=colors))
    if not panels:
        known = ", ".join(name for name, suite in SUITES.items() if suite.panel is not None)
        raise ValueError(f"A figure needs the results of a suite with a panel: {known}. Run one of them.")
    return plotting.draw_panels(panels, colors)


def has_panels(evaluations: Mapping[str, Results]) -> bool:
    """Whether `draw_evaluations` has something to draw."""
    run = {name for results in evaluations.values() for name in results}
    return any(name in run for name, suite in SUITES.items() if suite.panel is not None)
