"""What a suite is: when it fits, what it computes, its headlines and its panel in the figure."""

import abc
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from cutmix_tf.evaluation._task import Task

Results = Mapping[str, Any]
"""What a suite computes: numbers, texts, lists and dictionaries, as JSON holds them."""


class Suite(abc.ABC):
    """One part of an evaluation. Subclasses set `name` and define `run` and `headlines`; the rest is optional.

    Attributes:
      name: What reports and the command line call it.
      by_default: Whether it runs if no suites are named; False for one that takes as long as all others together.
      uses: The optional inputs of a `Task` that it uses, "ood_sets" or "corrupted"; they are loaded only for it.
      panel: Draws the suite on matplotlib axes, `panel(axes, results, colors)`, from its results and the color of each
        run, both by the name of the run; None for a suite without a panel.
    """

    name: ClassVar[str]
    by_default: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()
    panel: Callable[..., None] | None = None

    def fits(self, task: Task) -> str | None:
        """Why the suite can't run on this task, as a whole sentence that says what to do; None if it can."""
        return None

    @abc.abstractmethod
    def run(self, task: Task) -> Results:
        """Computes the results; errors and rates are in percent."""

    @abc.abstractmethod
    def headlines(self, results: Results) -> dict[str, float]:
        """The main numbers by their titles in a table, each title with its unit."""
