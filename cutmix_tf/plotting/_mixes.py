"""Pictures of what was mixed and how training went, as matplotlib figures."""

from collections.abc import Mapping, Sequence

import numpy as np

from cutmix_tf import targets as target_forms
from cutmix_tf._cells import spread_cells

INK = "#1f2933"
COLORS = ("#8f9aa8", "#d1495b", "#2e7d6b", "#edae49", "#30638e", "#7d4f9e")
TARGET_COLORS = ("#30638e", "#d1495b")  # of the heavier label and the lighter one
SIDE, BELOW, GAP = 1.2, 0.5, 0.1  # inches: a picture's width, the room for its target, between pictures
LONGEST_NAME = 12  # letters that fit below a picture


def draw_mixes(images, targets, class_names: Sequence[str], columns: int = 8):
    """Mixed pictures, each above a bar that shows its target: whose label weighs how much.

    Args:
      images: uint8 (batch, height, width, 3), or floats in [0, 255]; as many as are to be drawn.
      targets: Pair targets (batch, 2, 2), class ids (batch,) or soft targets (batch, classes), of which the
        two heaviest labels are shown.
      class_names: A name for each class.
      columns: Pictures in a row.

    Returns:
      A matplotlib figure.
    """
    from matplotlib.figure import Figure

    images = np.clip(np.asarray(images, np.float32), 0, 255).astype(np.uint8)
    shares = np.asarray(target_forms.to_soft(targets, len(class_names)))
    tall = SIDE * images.shape[1] / images.shape[2]
    columns = min(columns, len(images))
    width = GAP + columns * (SIDE + GAP)
    height = GAP + -(-len(images) // columns) * (tall + BELOW)
    figure = Figure(figsize=(width, height))
    for index, (image, share) in enumerate(zip(images, shares, strict=True)):
        row, column = divmod(index, columns)
        left, bottom = GAP + column * (SIDE + GAP), height - GAP - row * (tall + BELOW) - tall
        axes = _axes_at(figure, left, bottom, SIDE, tall)
        axes.imshow(image, interpolation="nearest", aspect="auto")
        axes.axis("off")
        _draw_target(_axes_at(figure, left, bottom - BELOW, SIDE, BELOW), share, class_names)
    return figure


def _draw_target(axes, share, class_names: Sequence[str]) -> None:
    """A bar from 0 to 1, split by the target, with its labels below; heights are in inches."""
    start = 0.0
    for line, label in enumerate(np.argsort(-share, kind="stable")[:2]):
        if share[label] <= 0:
            continue
        axes.barh(-0.065, share[label], left=start, height=0.07, color=TARGET_COLORS[line])
        name = str(class_names[label])
        name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
        weight = f"{share[label]:.2f}" if share[label] >= 0.005 else "<0.01"
        text = name if share[label] == 1 else f"{weight} {name}"
        axes.text(0, -0.13 - 0.14 * line, text, va="top", fontsize=8, color=TARGET_COLORS[line])
        start += share[label]
    axes.set(xlim=(0, 1), ylim=(-BELOW, 0))
    axes.axis("off")


def draw_attention(images, partners, maps, cells, mixed, targets, class_names: Sequence[str]):
    """How attention guides a mix, a column for each example, from the image down to the mix and its target.

    Args:
      images: The examples, (batch, height, width, 3) in [0, 255].
      partners: Those that they are mixed with, alike.
      maps: The partners' attention, (batch, rows, columns).
      cells: The cells that are pasted, bool (batch, rows, columns).
      mixed: The mixed pictures, like `images`.
      targets: Their targets, as for `draw_mixes`.
      class_names: A name for each class.

    Returns:
      A matplotlib figure.
    """
    from matplotlib.figure import Figure

    pixels = [np.clip(np.asarray(part, np.float32), 0, 255).astype(np.uint8) for part in (images, partners, mixed)]
    shares = np.asarray(target_forms.to_soft(targets, len(class_names)))
    height, width = pixels[0].shape[1:3]
    tall, count, left = SIDE * height / width, len(pixels[0]), 0.9
    size = left + count * (SIDE + GAP), GAP + 5 * (tall + GAP) + BELOW
    figure = Figure(figsize=size)
    chosen = np.asarray(spread_cells(cells, height, width))[..., None]
    rows = (pixels[0], pixels[1], np.asarray(maps, np.float32), np.where(chosen, pixels[1], 255), pixels[2])
    for row, (title, pictures) in enumerate(zip(_ATTENTION_ROWS, rows, strict=True)):
        bottom = size[1] - GAP - (row + 1) * tall - row * GAP
        figure.text(0.08 / size[0], (bottom + tall / 2) / size[1], title, va="center", fontsize=8, color=INK)
        for column, picture in enumerate(pictures):
            start = left + column * (SIDE + GAP)
            axes = _axes_at(figure, start, bottom, SIDE, tall)
            axes.imshow(picture, interpolation="nearest", aspect="auto", cmap="magma")
            axes.axis("off")
            if row == 4:
                _draw_target(_axes_at(figure, start, bottom - BELOW, SIDE, BELOW), shares[column], class_names)
    return figure


def _axes_at(figure, left: float, bottom: float, width: float, height: float):
    """Axes at a place in inches."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


_ATTENTION_ROWS = ("image", "partner", "its attention", "top cells", "mix")


def draw_curves(histories: Mapping[str, Sequence[Mapping[str, float]]]):
    """Training and test error by epoch, a color for each run.

    Args:
      histories: Name of the run -> its rows, as in history.csv.

    Returns:
      A matplotlib figure.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.subplots()
    for (name, rows), color in zip(histories.items(), COLORS, strict=False):
        split = "validation" if "validation_top1_error" in rows[-1] else "test"
        judged = [row for row in rows if row.get(f"{split}_top1_error") is not None]
        errors = [row[f"{split}_top1_error"] for row in judged]
        label = f"{name}: {split}, {errors[-1]:.1f} % at the end"
        axes.plot([row["epoch"] for row in judged], errors, color=color, linewidth=2, label=label)
        train = [row["train_top1_error"] for row in rows]
        axes.plot([row["epoch"] for row in rows], train, color=color, linewidth=1, linestyle=":")
    axes.plot([], [], color=INK, linewidth=1, linestyle=":", label="training batches, as mixed")
    axes.set(xlabel="epoch", ylabel="top-1 error (%)", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    figure.legend(loc="outside upper left", frameon=False, fontsize=8)  # outside, so that it hides no curve
    return figure
