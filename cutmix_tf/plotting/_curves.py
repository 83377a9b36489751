"""Errors by epoch."""

from collections.abc import Mapping, Sequence

from cutmix_tf.plotting._figure import new_figure, quiet
from cutmix_tf.plotting._style import INK, SMALL, TEXT, TITLE, colors_of
from cutmix_tf.runs import Row, judged_rows, judged_split

SETTLED = 1 / 3  # of the epochs: what comes before may leave the figure at the top
FEW = 12  # points of a curve, which are then marked: the lines between them were not measured


def draw_curves(
    histories: Mapping[str, Sequence[Row]], methods: Mapping[str, str | None] | None = None, *, title: str = ""
):
    """Draws the top-1 error by epoch: on the left that of the evaluated model, on the right that on training batches.

    The y axes show the errors after the first third of the epochs; earlier ones may leave them at the top.

    Args:
      histories: Name of the run -> its rows, as in history.csv. The validation error is drawn where a run has one,
        otherwise the test error; rows of epochs without an evaluation are skipped.
      methods: Name of the run -> its mixing method as text, which decides its color; None to guess it from the name.
      title: Of the figure; or nothing.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    colors = colors_of({name: (methods or {}).get(name) for name in histories})
    splits = {name: judged_split(rows) for name, rows in histories.items()}
    judged = {name: _points(judged_rows(rows, splits[name]), splits[name]) for name, rows in histories.items()}
    trained = {name: _points(rows, "train") for name, rows in histories.items()}
    figure = new_figure(9.0, 4.0, layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True)
    _draw(left, judged, colors, f"{' or '.join(sorted(set(splits.values())))} error".capitalize())
    _draw(right, trained, colors, "Training error, on the batches as mixed")
    left.set_ylabel("top-1 error (%), ↓ better", fontsize=TEXT)
    names = [f"{name}: {errors[-1]:.1f} %" if errors else name for name, (_, errors) in judged.items()]
    place = {"loc": "outside lower center", "ncols": _columns(names)}
    figure.legend(left.get_lines(), names, frameon=False, fontsize=TEXT, **place)
    figure.suptitle(title, fontsize=TITLE, fontweight="bold", color=INK)
    return figure


def _points(rows: Sequence[Row], split: str) -> tuple[list[float], list[float]]:
    return [row["epoch"] for row in rows], [row[f"{split}_top1_error"] for row in rows]


def _draw(axes, curves: Mapping[str, tuple[list[float], list[float]]], colors: Mapping[str, str], title: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for name, (epochs, errors) in curves.items():
        axes.plot(epochs, errors, color=colors[name], linewidth=2, marker="o" if len(epochs) <= FEW else None)
    axes.set_title(title, fontsize=TITLE, color=INK)
    axes.set_xlabel("epoch", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    axes.set_ylim(*_limits(curves))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    quiet(axes)


def _limits(curves: Mapping[str, tuple[list[float], list[float]]]) -> tuple[float, float]:
    """The range of the errors from `SETTLED` of the epochs on, with a margin, within 0 to 100."""
    last = max((epochs[-1] for epochs, _ in curves.values() if epochs), default=1)
    settled = [
        error
        for epochs, errors in curves.values()
        for epoch, error in zip(epochs, errors, strict=True)
        if epoch >= SETTLED * last
    ]
    if not settled:
        return 0.0, 100.0
    margin = max(0.08 * (max(settled) - min(settled)), 0.5)
    return max(0.0, min(settled) - margin), min(100.0, max(settled) + margin)


def _columns(names: Sequence[str]) -> int:
    """As many names side by side as fit below the figure."""
    return max(1, min(len(names), 100 // (max(map(len, names), default=1) + 6)))
