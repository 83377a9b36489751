"""Images with their captions."""

import textwrap
from collections.abc import Sequence

import numpy as np

from cutmix_tf.plotting._figure import GAP, axes_at, new_figure, show_image, text_at
from cutmix_tf.plotting._style import BOX_COLORS, SMALL

SIDE = 2.4  # inches, the larger side of an image
COLUMNS = 4
WIDTH, LINES = 36, 3  # characters in a line, and lines at most, of each caption
LINE = 0.15  # inches


def draw_captions(images: Sequence[np.ndarray], known: Sequence[str], written: Sequence[str]):
    """Draws images in a grid; below each, a known caption and the one that was written.

    Args:
      images: uint8 (height, width, 3), of any sizes.
      known: A caption of each image.
      written: A captioner's caption of each image.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    below = 2 * LINES * LINE + GAP
    across, up = SIDE + GAP, SIDE + below + GAP
    figure = new_figure(GAP + columns * across, GAP + rows * up)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        height, width = np.array(image.shape[:2]) * (SIDE / max(image.shape[:2]))
        left, bottom = GAP + column * across, (rows - row) * up - SIDE
        show_image(axes_at(figure, left, bottom + SIDE - height, width, height), image)
        top = bottom + SIDE - height - GAP / 2
        for text, color in ((known[number], BOX_COLORS[0]), (written[number], BOX_COLORS[1])):
            lines = textwrap.wrap(text or "(nothing)", WIDTH, max_lines=LINES, placeholder=" …")
            tall = LINE * len(lines)
            text_at(figure, left, top - tall / 2, "\n".join(lines), color=color, fontsize=SMALL - 1)
            top -= tall + GAP / 2
    return figure
