"""Runs suites on a task."""

from collections.abc import Sequence
from typing import Any

from cutmix_tf._checks import look_up
from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.suites import SUITES, Suite


def evaluate(task: Task, suites: Sequence[str] | None = None) -> dict[str, Any]:
    """Runs suites.

    Args:
      task: As returned by `load_task`.
      suites: Keys of `SUITES`; None for all that run by default and fit the task.

    Returns:
      What was evaluated on what, and the results of each suite under its name: numbers, texts, lists and dictionaries,
      with errors and rates in percent.

    Raises:
      ValueError: if there is no such suite, or a named one doesn't fit the task; says why.
    """
    chosen = _fitting(task) if suites is None else [_named(task, name) for name in suites]
    results: dict[str, Any] = {
        "name": task.model.name,
        "mix": task.model.mix,
        "dataset": task.examples.name,
        "examples": len(task.examples),
    }
    for suite in chosen:
        with task.model.progress.task(f"{task.model.name}: {suite.name}"):
            results[suite.name] = suite.run(task)
    return results


def used_by(suites: Sequence[str] | None) -> frozenset[str]:
    """The optional inputs of a task that these suites use; None for all suites.

    Raises:
      ValueError: if there is no such suite.
    """
    chosen = SUITES.values() if suites is None else [look_up(name, SUITES, "suite") for name in suites]
    return frozenset().union(*(suite.uses for suite in chosen))


def _fitting(task: Task) -> list[Suite]:
    return [suite for suite in SUITES.values() if suite.by_default and suite.fits(task) is None]


def _named(task: Task, name: str) -> Suite:
    suite = look_up(name, SUITES, "suite")
    reason = suite.fits(task)
    if reason is not None:
        raise ValueError(f"The {name} suite doesn't fit. {reason}")
    return suite
