"""Pictures of what was mixed and how training went, as matplotlib figures."""

from collections.abc import Mapping, Sequence

import numpy as np

from cutmix_tf import targets as target_forms

INK = "#1f2933"
COLOURS = ("#8f9aa8", "#d1495b", "#2e7d6b", "#edae49", "#30638e", "#7d4f9e")


def draw_mixes(images, targets, class_names: Sequence[str], columns: int = 8):
    """Mixed pictures, each above a bar that shows its target: whose label weighs how much.

    Args:
      images: uint8 (batch, height, width, 3), or floats in [0, 255]; as many as are to be drawn.
      targets: Pair targets (batch, 2, 2), class ids (batch,) or soft targets (batch, classes).
      class_names: A name for each class.
      columns: Pictures in a row.

    Returns:
      A matplotlib figure.
    """
    from matplotlib.figure import Figure

    images = np.clip(np.asarray(images, np.float32), 0, 255).astype(np.uint8)
    shares = np.asarray(target_forms.to_soft(targets, len(class_names)))
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(1.55 * columns, 2.05 * rows), layout="constrained")
    grid = figure.subplots(2 * rows, columns, squeeze=False, height_ratios=[6, 1.1] * rows)
    for axes in grid.flat:
        axes.axis("off")
    for index, (image, share) in enumerate(zip(images, shares, strict=True)):
        row, column = divmod(index, columns)
        grid[2 * row, column].imshow(image, interpolation="nearest")
        _draw_bar(grid[2 * row + 1, column], share, class_names)
    return figure


def _draw_bar(axes, share, class_names: Sequence[str]) -> None:
    """One bar from 0 to 1, split by the target, with the classes named below."""
    start = 0.0
    for rank, label in enumerate(np.argsort(-share, kind="stable")[:2]):
        if share[label] <= 0:
            continue
        axes.barh(0, share[label], left=start, height=0.5, color=("#2e7d6b", "#edae49")[rank])
        place, align = ((0, "left"), (1, "right"))[rank]
        name = f"{class_names[label]} {share[label]:.2f}" if rank == 0 else class_names[label]
        axes.text(place, -0.45, name, ha=align, va="top", fontsize=7, color=INK)
        start += share[label]
    axes.set(xlim=(0, 1), ylim=(-1.6, 0.4))


def draw_curves(histories: Mapping[str, Sequence[Mapping[str, float]]]):
    """Training and test error by epoch, a colour for each run.

    Args:
      histories: Name of the run -> its rows, as in history.csv.

    Returns:
      A matplotlib figure.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.0), layout="constrained")
    axes = figure.subplots()
    for (name, rows), colour in zip(histories.items(), COLOURS, strict=False):
        epochs = [row["epoch"] for row in rows]
        test = [row["test_top1_error"] for row in rows]
        axes.plot(epochs, test, color=colour, linewidth=2, label=f"{name}: test, {test[-1]:.1f} % at the end")
        train = [row["train_top1_error"] for row in rows]
        axes.plot(epochs, train, color=colour, linewidth=1, linestyle=":", label=f"{name}: train, as mixed")
    axes.set(xlabel="epoch", ylabel="top-1 error (%)", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    return figure
