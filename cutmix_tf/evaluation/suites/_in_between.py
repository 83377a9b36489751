"""The in_between suite: whether a classifier recognizes either class in images between two classes."""

from typing import Any

import numpy as np

from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.perturbations._in_between import KINDS, SHARES, in_between_curve, sample_pairs
from cutmix_tf.evaluation.suites._suite import Results, Suite
from cutmix_tf.plotting import label_line_styles


class InBetween(Suite):
    """Blended and pasted images at nine shares (CutMix paper, Figure 5b)."""

    name = "in_between"

    def fits(self, task: Task) -> str | None:
        """See `Suite`."""
        if len(np.unique(task.examples.labels)) < 2:
            return "Images between two classes need examples of two classes. Use a larger limit."
        return None

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        images, labels = task.examples.images, task.examples.labels
        pairs = sample_pairs(labels)
        results: dict[str, Any] = {"share": list(SHARES)}
        for kind in KINDS:
            curve = in_between_curve(task.model, images, labels, pairs, kind)
            results[kind] = {"either": [point.either for point in curve], "neither": [point.neither for point in curve]}
        return results

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        half = results["share"].index(0.5)
        found = {}
        for kind in KINDS:
            found[f"in between ({kind}, ½), either class predicted %"] = results[kind]["either"][half]
            found[f"in between ({kind}, ½), probability of neither %"] = results[kind]["neither"][half]
        return found

    def panel(self, axes, results, colors) -> None:
        """How often neither class is predicted, over the share of the second one."""
        for name, suite in results.items():
            for kind, style in (("mixup", "-"), ("cutmix", ":")):
                neither = 100 - np.array(suite[kind]["either"])
                axes.plot(suite["share"], neither, color=colors[name], linestyle=style)
        label_line_styles(axes, "blended, by weight", "center pasted, by side")
        axes.set(
            title="Between two classes", xlabel="share of the second class", ylabel="neither predicted (%), ↓ better"
        )
        axes.set(ylim=(0, None))
