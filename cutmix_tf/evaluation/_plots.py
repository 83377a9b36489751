"""Evaluations as matplotlib figures, one network or several in the same panels."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cutmix_tf.evaluation._cam import scale_maps
from cutmix_tf.plotting._mixes import COLORS, INK

Results = Mapping[str, Any]
Evaluations = Mapping[str, Results]

FIRST, SECOND = COLORS[1], COLORS[4]  # of the object's box, and of the box found


def draw_evaluations(evaluations: Evaluations):
    """A panel for each suite that has a picture, a color for each network.

    Args:
      evaluations: Name of the network -> its results, as of `evaluate`.

    Returns:
      A matplotlib figure.

    Raises:
      ValueError: if no suite with a picture was run.
    """
    from matplotlib.figure import Figure

    panels = {name: draw for name, draw in PANELS.items() if any(name in results for results in evaluations.values())}
    if not panels:
        raise ValueError(f"A suite of {', '.join(PANELS)} is needed for a figure; got none. Run one.")
    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.5 * rows + 0.4), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    colors = dict(zip(evaluations, itertools.cycle(COLORS[1:] + COLORS[:1]), strict=False))
    for axes in grid.flat[len(panels) :]:
        axes.axis("off")
    for axes, (name, draw) in zip(grid.flat, panels.items(), strict=False):
        draw(axes, {key: results[name] for key, results in evaluations.items() if name in results}, colors)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=7)
    lines = [figure.axes[0].plot([], [], color=color)[0] for color in colors.values()]
    figure.legend(lines, list(colors), loc="outside upper left", frameon=False, fontsize=9, ncols=len(colors))
    return figure


def _calibration(axes, suites: Results, colors: Mapping[str, str]) -> None:
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":")
    for name, suite in suites.items():
        share = np.array(suite["counts"]) / np.sum(suite["counts"])
        confidence, accuracy = (np.array(suite[key])[share > 0] for key in ("confidence", "accuracy"))
        axes.plot(confidence, accuracy, color=colors[name], linewidth=1, alpha=0.5)
        error = f"ECE {suite['expected_calibration_error']:.1f} %"
        axes.scatter(confidence, accuracy, 4 + 300 * share[share > 0], color=colors[name], clip_on=False)
        axes.plot([], [], color=colors[name], marker="o", markersize=4, label=error)
    axes.set(title="Reliability, dots by examples", xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))


def _fgsm(axes, suites: Results, colors: Mapping[str, str]) -> None:
    for name, suite in suites.items():
        axes.plot(suite["epsilon"], suite["top1_error"], color=colors[name], marker="o", markersize=3)
    axes.set(title="FGSM", xlabel="ε in pixel units", ylabel="top-1 error (%)", ylim=(0, 102))


def _occlusion(axes, suites: Results, colors: Mapping[str, str]) -> None:
    for name, suite in suites.items():
        axes.plot(suite["share"], suite["center"], color=colors[name])
        axes.plot(suite["share"], suite["boundary"], color=colors[name], linestyle=":")
    _line_styles(axes, "center hidden", "all but the center hidden")
    axes.set(title="Occlusion", xlabel="side of the center", ylabel="top-1 error (%)", ylim=(0, 102))


def _in_between(axes, suites: Results, colors: Mapping[str, str]) -> None:
    for name, suite in suites.items():
        for kind, style in (("mixup", "-"), ("cutmix", ":")):
            neither = 100 - np.array(suite[kind]["either"])
            axes.plot(suite["share"], neither, color=colors[name], linestyle=style)
    _line_styles(axes, "blended, by weight", "pasted center, by side")
    axes.set(title="Between two classes", xlabel="share of the other", ylabel="neither predicted (%)", ylim=(0, None))


def _line_styles(axes, solid: str, dotted: str) -> None:
    axes.plot([], [], color=INK, label=solid)
    axes.plot([], [], color=INK, linestyle=":", label=dotted)


def _ood(axes, suites: Results, colors: Mapping[str, str]) -> None:
    bars = {name: {key: row["auroc"] for key, row in suite["sets"].items()} for name, suite in suites.items()}
    _grouped_bars(axes, bars, colors)
    axes.axhline(50, color=INK, linewidth=1, linestyle=":")
    axes.set(title="Out of distribution", ylabel="AUROC (%)", ylim=(0, 102))


def _wsol(axes, suites: Results, colors: Mapping[str, str]) -> None:
    for name, suite in suites.items():
        axes.plot(suite["threshold"], suite["found_at_threshold"], color=colors[name])
    axes.set(title="Localization", xlabel="threshold", ylabel="IoU at least ½, class known (%)", ylim=(0, 102))


def _corruptions(axes, suites: Results, colors: Mapping[str, str]) -> None:
    bars = {
        name: {kind: float(np.mean(errors)) for kind, errors in suite["ours"].items()} for name, suite in suites.items()
    }
    _grouped_bars(axes, bars, colors)
    axes.set(title="Our corruptions, mean of 5 severities", ylabel="top-1 error (%)", ylim=(0, 102))


def _grouped_bars(axes, bars: Mapping[str, Mapping[str, float]], colors: Mapping[str, str]) -> None:
    """A group for each title, and in it a bar for each network."""
    titles = list(dict.fromkeys(title for row in bars.values() for title in row))
    width = 0.8 / len(bars)
    for place, (name, row) in enumerate(bars.items()):
        spots = [titles.index(title) + (place - (len(bars) - 1) / 2) * width for title in row]
        axes.bar(spots, list(row.values()), width=0.95 * width, color=colors[name])
    axes.set_xticks(range(len(titles)), [title.replace("_", "\n") for title in titles], fontsize=7)


PANELS = {
    "calibration": _calibration,
    "fgsm": _fgsm,
    "occlusion": _occlusion,
    "in_between": _in_between,
    "ood": _ood,
    "wsol": _wsol,
    "corruptions": _corruptions,
}


def draw_cams(
    images: np.ndarray,
    maps: np.ndarray,
    titles: Sequence[str],
    boxes: np.ndarray | None = None,
    found: np.ndarray | None = None,
):
    """Pictures above their class-activation maps.

    Args:
      images: uint8 (n, height, width, 3), as many as are to be drawn.
      maps: (n, height, width), of the same size.
      titles: A line above each picture.
      boxes: int (n, 4), the objects' boxes, drawn red; or None.
      found: int (n, 4), boxes found, drawn blue; or None.

    Returns:
      A matplotlib figure.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    count = len(images)
    figure = Figure(figsize=(1.4 * count, 3.1), layout="constrained")
    grid = figure.subplots(2, count, squeeze=False)
    for index, (image, scaled, title) in enumerate(zip(images, scale_maps(maps), titles, strict=True)):
        grid[0, index].imshow(image, interpolation="nearest")
        grid[1, index].imshow(image.mean(axis=2), cmap="gray", interpolation="nearest")
        grid[1, index].imshow(scaled, cmap="magma", alpha=0.6, interpolation="nearest", vmin=0, vmax=1)
        grid[0, index].set_title(title, fontsize=7, color=INK)
        for axes in grid[:, index]:
            axes.axis("off")
            for some, color in ((boxes, FIRST), (found, SECOND)):
                if some is not None:
                    top, left, bottom, right = some[index] - 0.5
                    size = right - left, bottom - top
                    axes.add_patch(Rectangle((left, top), *size, fill=False, edgecolor=color, linewidth=1.5))
    return figure
