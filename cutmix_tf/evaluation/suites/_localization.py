"""The wsol suite: weakly supervised localization by class-activation maps."""

from typing import Any

from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.metrics import box_sweep, localization
from cutmix_tf.evaluation.suites._suite import Results, Suite
from cutmix_tf.models import has_head


class Localization(Suite):
    """Top-1 Loc and GT-known Loc (CutMix paper, appendix B), MaxBoxAcc and MaxBoxAccV2 (Choe et al. 2020)."""

    name = "wsol"

    def fits(self, task: Task) -> str | None:
        """See `Suite`."""
        if task.examples.boxes is None:
            return (
                f"Localization needs a box for each image; {task.examples.name} has none. Leave wsol out, or use "
                "shapes or another dataset with the feature bbox."
            )
        if not has_head(task.model.keras_model):
            return (
                "Localization needs a model that ends in global average pooling and one dense layer; "
                f"{task.model.name} ends otherwise. Leave out wsol."
            )
        return None

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        boxes: Any = task.examples.boxes  # not None, see `fits`
        correct = task.logits.argmax(axis=1) == task.examples.labels
        found = localization(task.true_maps, boxes, correct)
        sweep = box_sweep(task.true_maps, boxes)
        return {
            "top1_loc": found.top1,
            "gt_known_loc": found.gt_known,
            "max_box_acc": sweep.max_box_acc,
            "max_box_acc_v2": sweep.max_box_acc_v2,
            "by_level": {str(level): share for level, share in sweep.by_level.items()},
            "threshold": sweep.thresholds.tolist(),
            "found_at_threshold": (100 * (sweep.largest >= 0.5).mean(axis=1)).tolist(),
        }

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        return {
            "Top-1 Loc %": results["top1_loc"],
            "GT-known Loc %": results["gt_known_loc"],
            "MaxBoxAcc %": results["max_box_acc"],
            "MaxBoxAccV2 %": results["max_box_acc_v2"],
        }

    def panel(self, axes, results, colors) -> None:
        """How often the largest region's box has an IoU of at least one half, over the threshold of the map."""
        for name, suite in results.items():
            axes.plot(suite["threshold"], suite["found_at_threshold"], color=colors[name])
        axes.set(
            title="Localization",
            xlabel="threshold ÷ maximum of the map",
            ylabel="objects found, IoU ≥ 0.5 (%), ↑ better",
        )
        axes.set(ylim=(0, 102))
