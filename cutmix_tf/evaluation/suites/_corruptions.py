"""The corruptions suite: the top-1 error on corrupted images."""

from typing import Any

import numpy as np

from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.metrics import top_k_error
from cutmix_tf.evaluation.perturbations._corruptions import CORRUPTIONS, corruption_errors
from cutmix_tf.evaluation.suites._suite import Results, Suite
from cutmix_tf.plotting import draw_grouped_bars


class Corruptions(Suite):
    """Six corruptions of our own at five severities, and any corrupted copies of the test set."""

    name = "corruptions"
    uses = frozenset({"corrupted"})

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        images, labels = task.examples.images, task.examples.labels
        errors: dict[str, Any] = {name: corruption_errors(task.model, images, labels, name) for name in CORRUPTIONS}
        results = {"ours": errors, "ours_mean": float(np.mean(list(errors.values())))}
        if task.corrupted:
            copies = task.corrupted.items()
            results["sets"] = {name: top_k_error(task.model.logits(copy.images), copy.labels) for name, copy in copies}
        return results

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        found = {}
        for name, errors in results["ours"].items():
            found[f"our {name.replace('_', ' ')}, mean top-1 error %"] = sum(errors) / len(errors)
        found["our corruptions, mean top-1 error %"] = results["ours_mean"]
        return found | {f"{name}, top-1 error %": error for name, error in results.get("sets", {}).items()}

    def panel(self, axes, results, colors) -> None:
        """The mean error over the five severities of each corruption."""
        bars = {
            name: {kind: float(np.mean(errors)) for kind, errors in suite["ours"].items()}
            for name, suite in results.items()
        }
        draw_grouped_bars(axes, bars, colors)
        axes.set(title="Corruptions, mean of 5 severities", ylabel="top-1 error (%), ↓ better", ylim=(0, 102))
