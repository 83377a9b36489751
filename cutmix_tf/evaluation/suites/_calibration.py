"""The calibration suite: the reliability diagram and the expected calibration error."""

import numpy as np

from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.metrics import reliability
from cutmix_tf.evaluation.suites._suite import Results, Suite
from cutmix_tf.plotting import INK

FEWEST = 10  # examples in a bin that is drawn: the accuracy of fewer is mostly chance


class Calibration(Suite):
    """Whether confidence equals accuracy, in 15 bins (Guo et al. 2017)."""

    name = "calibration"

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        bins = reliability(task.logits, task.examples.labels)
        columns = {name: column.tolist() for name, column in bins._asdict().items()}
        return {"expected_calibration_error": bins.expected_error, **columns}

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        return {"expected calibration error %": results["expected_calibration_error"]}

    def panel(self, axes, results, colors) -> None:
        """Accuracy over confidence; the area of a dot shows how many examples its bin has."""
        axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":")
        for name, suite in results.items():
            counts = np.array(suite["counts"])
            drawn = counts >= FEWEST
            confidence, accuracy = (np.array(suite[key])[drawn] for key in ("confidence", "accuracy"))
            axes.plot(confidence, accuracy, color=colors[name], linewidth=1, alpha=0.5)
            areas = 8 + 300 * counts[drawn] / counts.sum()
            axes.scatter(confidence, accuracy, areas, color=colors[name], alpha=0.8, linewidths=0, clip_on=False)
            label = f"ECE {suite['expected_calibration_error']:.1f} %"
            axes.plot([], [], color=colors[name], marker="o", markersize=5, linewidth=0, label=label)
        axes.set(title="Calibration", xlabel=f"confidence (bins of at least {FEWEST} images)", ylabel="accuracy")
        axes.set(xlim=(0, 1), ylim=(0, 1))
