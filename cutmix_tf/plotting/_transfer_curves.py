"""Losses and scores of transfer runs by epoch."""

from collections.abc import Mapping, Sequence

from cutmix_tf.plotting._figure import new_figure, quiet
from cutmix_tf.plotting._style import BOX_COLORS, SMALL, TEXT, TITLE
from cutmix_tf.runs import Row


def draw_detection_curves(history: Sequence[Row]):
    """Draws a detector's training losses and its average precisions on the test split, where they were measured.

    Args:
      history: The rows of a detection run, as in its history.csv.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    losses = {"train_box_loss": "boxes", "train_classification_loss": "classes"}
    scores = {"test_coco50": "AP at overlap 0.5", "test_coco": "AP, mean of overlaps"}
    return _draw(history, losses, "Test average precision (%)", scores)


def draw_captioning_curves(history: Sequence[Row]):
    """Draws a captioner's training loss and its BLEU-4 on the test split and on held-out combinations, if any.

    Args:
      history: The rows of a captioning run, as in its history.csv.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    scores = {"test_bleu4": "test", "held_out_bleu4": "held-out combinations"}
    known = {name: title for name, title in scores.items() if any(name in row for row in history)}
    return _draw(history, {"train_loss": "words"}, "BLEU-4", known)


def _draw(history: Sequence[Row], losses: Mapping[str, str], title: str, scores: Mapping[str, str]):
    figure = new_figure(9.0, 3.6, layout="constrained")
    panels = (("Training loss", losses), (title, scores))
    for axes, (name, columns) in zip(figure.subplots(1, 2), panels, strict=True):
        for (column, label), color in zip(columns.items(), BOX_COLORS, strict=False):
            rows = [row for row in history if column in row]
            axes.plot(
                [row["epoch"] for row in rows], [row[column] for row in rows], color=color, marker=".", label=label
            )
        axes.set_title(name, fontsize=TITLE)
        axes.set_xlabel("epoch", fontsize=TEXT)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=SMALL)
        axes.legend(frameon=False, fontsize=SMALL)
        quiet(axes)
    return figure
