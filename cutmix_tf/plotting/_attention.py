"""How attention guides a mix."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf import targets as target_forms
from cutmix_tf._cells import spread_cells
from cutmix_tf.plotting._figure import BAR, GAP, axes_at, color_bar_at, new_figure, show_image, text_at
from cutmix_tf.plotting._targets import BELOW, draw_target

SIDE = 1.2  # inches, the width of an image
MARGIN = 1.15  # inches, the room for the titles of rows
ROWS = ("image", "partner", "attention\nof the partner", "top cells\nof the partner", "mix")


def draw_attention(images, partners, maps, cells, mixed, targets, class_names: Sequence[str]):
    """Draws how attention guides a mix, one column for each example, from the image down to the mix and its target.

    Args:
      images: The examples, (batch, height, width, 3) in [0, 255].
      partners: The image that each is mixed with, of the same shape.
      maps: The partners' attention, (batch, rows, columns); each is drawn relative to its own maximum.
      cells: The cells that are pasted, bool (batch, rows, columns).
      mixed: The mixed images, of the same shape as `images`.
      targets: Their targets, as for `draw_mixes`.
      class_names: A name for each class.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    pixels = [np.clip(np.asarray(part, np.float32), 0, 255).astype(np.uint8) for part in (images, partners, mixed)]
    shares = np.asarray(target_forms.to_soft(targets, len(class_names)))
    count, height, width = pixels[0].shape[:3]
    tall = SIDE * height / width
    figure = new_figure(MARGIN + count * (SIDE + GAP) + BAR, GAP + len(ROWS) * (tall + GAP) + BELOW)
    chosen = np.asarray(spread_cells(cells, height, width))[..., None]
    rows = (pixels[0], pixels[1], _relative(maps), np.where(chosen, pixels[1], 255), pixels[2])
    for row, (title, parts) in enumerate(zip(ROWS, rows, strict=True)):
        bottom = figure.get_size_inches()[1] - GAP - (row + 1) * tall - row * GAP
        text_at(figure, GAP, bottom + tall / 2, title)
        for column, part in enumerate(parts):
            left = MARGIN + column * (SIDE + GAP)
            shown = show_image(axes_at(figure, left, bottom, SIDE, tall), part, cmap="magma", vmin=0, vmax=1)
            if title == "mix":
                draw_target(figure, left, bottom, SIDE, shares[column], class_names)
        if part.ndim == 2:
            color_bar_at(figure, shown, bottom, tall, ("0", "max."))
    return figure


def _relative(maps) -> np.ndarray:
    """Maps divided by their maxima; maps of zeros stay as they are."""
    maps = np.asarray(maps, np.float32)
    most = maps.max(axis=(1, 2), keepdims=True)
    return maps / np.where(most > 0, most, 1)
