"""Losses and average precisions of a detector by epoch."""

from collections.abc import Sequence

from cutmix_tf.plotting._figure import new_figure, quiet
from cutmix_tf.plotting._style import BOX_COLORS, SMALL, TEXT, TITLE
from cutmix_tf.runs import Row

LOSSES = {"train_box_loss": "boxes", "train_classification_loss": "classes"}
SCORES = {"test_coco50": "AP at overlap 0.5", "test_coco": "AP, mean of overlaps"}


def draw_detection_curves(history: Sequence[Row]):
    """Draws the training losses by epoch, and the average precisions on the test split where they were measured.

    Args:
      history: The rows of a detection run, as in its history.csv.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    figure = new_figure(9.0, 3.6, layout="constrained")
    panels = (("Training loss", LOSSES), ("Test average precision (%)", SCORES))
    for axes, (title, columns) in zip(figure.subplots(1, 2), panels, strict=True):
        for (column, label), color in zip(columns.items(), BOX_COLORS, strict=True):
            rows = [row for row in history if column in row]
            axes.plot(
                [row["epoch"] for row in rows], [row[column] for row in rows], color=color, marker=".", label=label
            )
        axes.set_title(title, fontsize=TITLE)
        axes.set_xlabel("epoch", fontsize=TEXT)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=SMALL)
        axes.legend(frameon=False, fontsize=SMALL)
        quiet(axes)
    return figure
