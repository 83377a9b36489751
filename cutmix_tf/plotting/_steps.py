"""From two images to a mixed one: a row for each method, a column for each step."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cutmix_tf.plotting._figure import GAP, axes_at, chip_at, new_figure, show_image, text_at
from cutmix_tf.plotting._style import ERASED, INK, TARGET_COLORS, TEXT, color_of
from cutmix_tf.plotting._targets import BELOW, draw_target, parts_of

SIDE = 1.12  # inches, the width of an image
NAME = 1.84  # inches, the room for the name of a method
TARGET = 1.62  # inches, the room for a target
HEADING = 0.36  # inches, the room for the titles of columns
COLUMNS = ("image", "partner", "mask or map", "mixed image", "target")
LONGEST = 21  # letters in a line of a target


class Steps(NamedTuple):
    """How one mixed image comes about.

    Attributes:
      method: Its name, which decides its color.
      note: What it does, in up to two short lines.
      image: (height, width, 3) in [0, 255].
      partner: The same, or None for methods that erase.
      mask: The weight of the partner, or what is erased, (rows, columns) in [0, 1]; any grid.
      mixed: The mixed image, on any grid.
      target: Two class ids with their weights, its own first, (2, 2); or the weight of each class, (classes,).
      attention: A map (rows, columns) in [0, 1] that is shown in place of the mask, with the mask's outline.
    """

    method: str
    note: str
    image: np.ndarray
    partner: np.ndarray | None
    mask: np.ndarray
    mixed: np.ndarray
    target: np.ndarray
    attention: np.ndarray | None = None


def draw_steps(rows: Sequence[Steps], class_names: Sequence[str]):
    """Draws how methods mix: image, partner, mask or attention map, mixed image and target, a row for each.

    The image and the partner have one color each: in the titles, in masks and in targets.

    Args:
      rows: From top to bottom; their images have one size.
      class_names: A name for each class.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    tall = SIDE * rows[0].image.shape[0] / rows[0].image.shape[1]
    height = HEADING + len(rows) * (tall + GAP) + GAP / 2
    figure = new_figure(NAME + (len(COLUMNS) - 1) * (SIDE + GAP) + TARGET, height)
    lefts = [NAME + column * (SIDE + GAP) for column in range(len(COLUMNS))]
    for left, title, color in zip(lefts, COLUMNS, (*TARGET_COLORS, INK, INK, INK), strict=True):
        text_at(figure, left, height - HEADING / 2, title, fontsize=TEXT, fontweight="bold", color=color)
    for number, row in enumerate(rows):
        bottom = height - HEADING - (number + 1) * tall - number * GAP
        _draw_name(figure, row, bottom, tall)
        for left, draw in zip(lefts, (_draw_image, _draw_partner, _draw_mask, _draw_mixed), strict=False):
            draw(axes_at(figure, left, bottom, SIDE, tall), row)
        middle = bottom + (tall + BELOW) / 2
        (parts,) = parts_of(row.target[None], len(class_names))
        draw_target(figure, lefts[-1], middle, TARGET - GAP, parts, class_names, longest=LONGEST)
    return figure


def _draw_name(figure, row: Steps, bottom: float, tall: float) -> None:
    """The method's name and what it does, at a bar of the method's color."""
    chip_at(figure, GAP, bottom, 0.06, tall, color_of(row.method))
    lines = 1 + row.note.count("\n")
    left, middle = GAP + 0.15, bottom + tall / 2
    text_at(figure, left, middle + 0.08 * lines, row.method, fontsize=TEXT, fontweight="bold")
    text_at(figure, left, middle - 0.11, row.note)


def _draw_image(axes, row: Steps) -> None:
    show_image(axes, _pixels(row.image))


def _draw_mixed(axes, row: Steps) -> None:
    show_image(axes, _pixels(row.mixed))


def _draw_partner(axes, row: Steps) -> None:
    if row.partner is not None:
        show_image(axes, _pixels(row.partner))
        return
    axes.set(xticks=[], yticks=[], facecolor="none")
    axes.spines[:].set(color=ERASED, linestyle=(0, (3, 3)))
    axes.text(0.5, 0.5, "none", ha="center", va="center", color=TARGET_COLORS[1], transform=axes.transAxes)


def _draw_mask(axes, row: Steps) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    if row.attention is None:
        other = ERASED if row.partner is None else TARGET_COLORS[1]
        colors = LinearSegmentedColormap.from_list("mask", [TARGET_COLORS[0], other])
        show_image(axes, row.mask, cmap=colors, vmin=0, vmax=1)
        return
    size = row.mask.shape
    rows, columns = np.arange(size[0]) * len(row.attention) // size[0], np.arange(size[1])
    columns = columns * row.attention.shape[1] // size[1]
    show_image(axes, row.attention[rows[:, None], columns], cmap="magma", vmin=0, vmax=1)
    _outline(axes, row.mask > 0.5)


def _outline(axes, mask: np.ndarray) -> None:
    """A line around the part of a mask that is True."""
    padded = np.pad(mask, 1)
    for row, column in zip(*np.nonzero(padded[1:] != padded[:-1]), strict=True):
        axes.plot([column - 1.5, column - 0.5], [row - 0.5] * 2, color="white", linewidth=1.5, clip_on=False)
    for row, column in zip(*np.nonzero(padded[:, 1:] != padded[:, :-1]), strict=True):
        axes.plot([column - 0.5] * 2, [row - 1.5, row - 0.5], color="white", linewidth=1.5, clip_on=False)


def _pixels(image) -> np.ndarray:
    return np.clip(np.asarray(image, np.float32), 0, 255).astype(np.uint8)
