"""A grid of panels, as of an evaluation, and what panels draw with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cutmix_tf.plotting._figure import new_figure, quiet
from cutmix_tf.plotting._style import INK, SMALL, TEXT, TITLE

COLUMNS = 3  # of up to six panels; more have one more
UPRIGHT = 4  # titles of bars that fit side by side


def draw_panels(panels: Sequence[Callable[[Any], None]], colors: Mapping[str, str]):
    """Draws panels in a grid, below a legend of the runs.

    Args:
      panels: At least one; each draws on the matplotlib axes it gets.
      colors: Name of the run -> its color in all panels.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    columns = min(len(panels), COLUMNS if len(panels) <= 2 * COLUMNS else COLUMNS + 1)
    columns = 2 if len(panels) == 4 else columns
    rows = -(-len(panels) // columns)
    figure = new_figure(4.2 * columns, 3.6 * rows + 0.4, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    grid = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes, draw in zip(grid, panels, strict=False):
        draw(axes)
        _finish(axes)
    for axes in grid[len(panels) :]:
        axes.axis("off")
    lines = [figure.axes[0].plot([], [], color=color, linewidth=3)[0] for color in colors.values()]
    figure.legend(lines, list(colors), loc="outside upper left", frameon=False, fontsize=TITLE, ncols=len(colors))
    return figure


def _finish(axes) -> None:
    """Sizes of text, quiet lines, and the legend of the panel's own labels."""
    axes.set_title(axes.get_title(), fontsize=TITLE, color=INK)
    axes.set_xlabel(axes.get_xlabel(), fontsize=TEXT)
    axes.set_ylabel(axes.get_ylabel(), fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    quiet(axes)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=SMALL)


def draw_grouped_bars(axes, bars: Mapping[str, Mapping[str, float]], colors: Mapping[str, str]) -> None:
    """Draws a group of bars for each title, and in it one bar for each run.

    Args:
      axes: Matplotlib axes.
      bars: Name of the run -> title -> value.
      colors: Name of the run -> its color.
    """
    titles = list(dict.fromkeys(title for row in bars.values() for title in row))
    width = 0.8 / len(bars)
    for place, (name, row) in enumerate(bars.items()):
        spots = [titles.index(title) + (place - (len(bars) - 1) / 2) * width for title in row]
        axes.bar(spots, list(row.values()), width=0.95 * width, color=colors[name])
    axes.set_xticks(range(len(titles)), [title.replace("_", "\n") for title in titles])
    if len(titles) > UPRIGHT:
        axes.tick_params(axis="x", labelrotation=40)


def label_line_styles(axes, solid: str, dotted: str) -> None:
    """Puts what solid and dotted lines mean into the legend of the panel."""
    axes.plot([], [], color=INK, label=solid)
    axes.plot([], [], color=INK, linestyle=":", label=dotted)
