"""How mixed images come about: rows of images and maps, a column for each example, with targets below."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cutmix_tf.plotting._figure import (
    BAR,
    GAP,
    HEADING,
    axes_at,
    color_bar_at,
    new_figure,
    show_image,
    text_at,
    title_at,
)
from cutmix_tf.plotting._targets import draw_target, parts_of, room_below

SIDE = 1.2  # inches, the width of an image
MARGIN = 1.15  # inches, the room for the titles of rows


class Row(NamedTuple):
    """A row of images or maps.

    Attributes:
      title: To its left, in up to two lines.
      parts: Images (n, height, width, 3) in [0, 255], or maps (n, rows, columns) in [0, 1].
      ends: What 0 and 1 stand for in maps.
    """

    title: str
    parts: np.ndarray
    ends: tuple[str, str] = ("0", "max.")


def draw_rows(rows: Sequence[Row], targets, class_names: Sequence[str], *, title: str = ""):
    """Draws rows of images and maps, all as large as the images, and the targets below the last row.

    Args:
      rows: From top to bottom; the first one holds images.
      targets: Of each example, as for `draw_mixes`.
      class_names: A name for each class.
      title: Of the figure; or nothing.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    count, height, width = rows[0].parts.shape[:3]
    tall = SIDE * height / width
    top = GAP + (HEADING if title else 0)
    labels = parts_of(targets, len(class_names))
    figure = new_figure(MARGIN + count * (SIDE + GAP) + BAR, top + len(rows) * (tall + GAP) + room_below(labels))
    title_at(figure, GAP, figure.get_size_inches()[1] - top / 2, title)
    for number, row in enumerate(rows):
        bottom = figure.get_size_inches()[1] - top - (number + 1) * tall - number * GAP
        text_at(figure, GAP, bottom + tall / 2, row.title)
        parts = np.clip(row.parts, 0, 255).astype(np.uint8) if row.parts.ndim == 4 else row.parts
        for column, part in enumerate(parts):
            axes = axes_at(figure, MARGIN + column * (SIDE + GAP), bottom, SIDE, tall)
            shown = show_image(axes, part, cmap="magma", vmin=0, vmax=1)
        if row.parts.ndim == 3:
            color_bar_at(figure, shown, bottom, tall, row.ends)
    for column, target in enumerate(labels):
        draw_target(figure, MARGIN + column * (SIDE + GAP), bottom, SIDE, target, class_names)
    return figure
