"""From two images to a mixed one: a column for each method, a row for each step.

The figure is narrow, so that its text can be read on a phone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cutmix_tf.plotting._figure import axes_at, chip_at, new_figure, show_image, text_at
from cutmix_tf.plotting._style import ERASED, INK, TARGET_COLORS, TEXT, color_of
from cutmix_tf.plotting._targets import BELOW, draw_target, parts_of

SIDE = 0.9  # inches, the width of an image
GAP = 0.07  # inches between images
MARGIN = 0.28  # inches, the room for the titles of rows
HEADING = 0.95  # inches, the room for the name of a method
ROWS = ("image", "partner", "mask, map", "mixed")


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


def draw_steps(columns: Sequence[Steps], class_names: Sequence[str]):
    """Draws how methods mix: image, partner, mask or attention map, mixed image and target, a column for each.

    The image and the partner have one color each: in the titles, in masks and in targets.

    Args:
      columns: From left to right; their images have one size.
      class_names: A name for each class.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    tall = SIDE * columns[0].image.shape[0] / columns[0].image.shape[1]
    height = HEADING + len(ROWS) * (tall + GAP) + BELOW
    figure = new_figure(MARGIN + len(columns) * (SIDE + GAP), height)
    bottoms = [height - HEADING - (row + 1) * tall - row * GAP for row in range(len(ROWS))]
    for bottom, title, color in zip(bottoms, ROWS, (*TARGET_COLORS, INK, INK), strict=True):
        place = MARGIN / 2, bottom + tall / 2
        text_at(figure, *place, title, fontsize=TEXT, fontweight="bold", color=color, rotation=90, ha="center")
    for number, column in enumerate(columns):
        left = MARGIN + number * (SIDE + GAP)
        _draw_name(figure, column, left, height - HEADING)
        for bottom, draw in zip(bottoms, (_draw_image, _draw_partner, _draw_mask, _draw_mixed), strict=True):
            draw(axes_at(figure, left, bottom, SIDE, tall), column)
        (parts,) = parts_of(column.target[None], len(class_names))
        draw_target(figure, left, bottoms[-1], SIDE, parts, class_names)
    return figure


def _draw_name(figure, column: Steps, left: float, images: float) -> None:
    """The method's name and what it does, above a bar of the method's color at the upper edge of the images."""
    chip_at(figure, left, images + 0.03, SIDE, 0.05, color_of(column.method))
    text_at(figure, left, images + 0.16, column.note, va="bottom")
    name = column.method.replace(" ", "\n")
    text_at(figure, left, images + 0.52, name, fontsize=TEXT, fontweight="bold", va="baseline")


def _draw_image(axes, column: Steps) -> None:
    show_image(axes, _pixels(column.image))


def _draw_partner(axes, column: Steps) -> None:
    if column.partner is not None:
        show_image(axes, _pixels(column.partner))
        return
    axes.set(xticks=[], yticks=[], facecolor="none")
    axes.spines[:].set(color=ERASED, linestyle=(0, (3, 3)))
    axes.text(0.5, 0.5, "none", ha="center", va="center", color=TARGET_COLORS[1], transform=axes.transAxes)


def _draw_mixed(axes, column: Steps) -> None:
    show_image(axes, _pixels(column.mixed))


def _draw_mask(axes, column: Steps) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    if column.attention is None:
        other = ERASED if column.partner is None else TARGET_COLORS[1]
        colors = LinearSegmentedColormap.from_list("mask", [TARGET_COLORS[0], other])
        show_image(axes, column.mask, cmap=colors, vmin=0, vmax=1)
        return
    size = column.mask.shape
    up = np.arange(size[0]) * column.attention.shape[0] // size[0]
    across = np.arange(size[1]) * column.attention.shape[1] // size[1]
    show_image(axes, column.attention[up[:, None], across], cmap="magma", vmin=0, vmax=1)
    _outline(axes, column.mask > 0.5)


def _outline(axes, mask: np.ndarray) -> None:
    """A line around the part of a mask that is True."""
    padded = np.pad(mask, 1)
    for row, column in zip(*np.nonzero(padded[1:] != padded[:-1]), strict=True):
        axes.plot([column - 1.5, column - 0.5], [row - 0.5] * 2, color="white", linewidth=1.5, clip_on=False)
    for row, column in zip(*np.nonzero(padded[:, 1:] != padded[:, :-1]), strict=True):
        axes.plot([column - 0.5] * 2, [row - 1.5, row - 0.5], color="white", linewidth=1.5, clip_on=False)


def _pixels(image) -> np.ndarray:
    return np.clip(np.asarray(image, np.float32), 0, 255).astype(np.uint8)
