"""The occlusion suite: the top-1 error with the center hidden, and with everything else hidden."""

from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.perturbations._occlusion import PLACES, SHARES, occlusion_errors
from cutmix_tf.evaluation.suites._suite import Results, Suite
from cutmix_tf.plotting import label_line_styles


class Occlusion(Suite):
    """Errors with holes of nine sizes (CutMix paper, section 4.4)."""

    name = "occlusion"

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        images, labels = task.examples.images, task.examples.labels
        errors = {place: occlusion_errors(task.model, images, labels, place) for place in PLACES}
        return {"share": list(SHARES), **errors}

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        half = results["share"].index(0.5)
        return {f"{place} hidden at half the side, top-1 error %": results[place][half] for place in PLACES}

    def panel(self, axes, results, colors) -> None:
        """Errors over the side of the centered square."""
        for name, suite in results.items():
            axes.plot(suite["share"], suite["center"], color=colors[name])
            axes.plot(suite["share"], suite["boundary"], color=colors[name], linestyle=":")
        label_line_styles(axes, "center hidden", "all but the center hidden")
        axes.set(title="Occlusion", xlabel="side of the center ÷ side of the image", ylabel="top-1 error (%), ↓ better")
        axes.set(ylim=(0, 102))
