"""The ood suite: out-of-distribution detection by confidence."""

import numpy as np

from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.metrics import detection, max_softmax, mean_detection
from cutmix_tf.evaluation.suites._suite import Results, Suite
from cutmix_tf.plotting import INK, draw_grouped_bars

TITLES = {
    "auroc": "AUROC",
    "tnr_at_tpr95": "TNR at TPR 95",
    "detection_accuracy": "detection accuracy",
    "aupr_in": "AUPR in",
    "aupr_out": "AUPR out",
}


class OutOfDistribution(Suite):
    """How well the largest probability separates test images from those of OOD sets (CutMix paper, Table 12)."""

    name = "ood"
    uses = frozenset({"ood_sets"})

    def fits(self, task: Task) -> str | None:
        """See `Suite`."""
        return None if task.ood_sets else "It needs at least one OOD set. Name some (--ood), such as uniform,gaussian."

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        inside = max_softmax(task.logits)
        rows = {
            name: detection(inside, np.concatenate([max_softmax(task.model.logits(part)) for part in parts]))
            for name, parts in task.ood_sets.items()
        }
        return {
            "sets": {name: row._asdict() for name, row in rows.items()},
            "average": mean_detection(list(rows.values()))._asdict(),
        }

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        sets = {f"OOD {name}, AUROC %": row["auroc"] for name, row in results["sets"].items()}
        return sets | {f"OOD mean, {title} %": results["average"][key] for key, title in TITLES.items()}

    def panel(self, axes, results, colors) -> None:
        """AUROC on each set; 50 % is chance."""
        bars = {name: {key: row["auroc"] for key, row in suite["sets"].items()} for name, suite in results.items()}
        draw_grouped_bars(axes, bars, colors)
        axes.axhline(50, color=INK, linewidth=1, linestyle=":", label="chance")
        axes.set(title="Out-of-distribution detection", ylabel="AUROC (%), ↑ better", ylim=(0, 102))
