"""Images with the boxes of their objects."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf.plotting._figure import GAP, axes_at, new_figure, show_image, text_at
from cutmix_tf.plotting._style import BOX_COLORS, SMALL

SIDE = 2.4  # inches, the larger side of an image
COLUMNS = 4
BELOW = 0.3  # inches, the room for the legend


def draw_objects(
    images: Sequence[np.ndarray],
    known: Sequence[np.ndarray],
    found: Sequence[np.ndarray],
    texts: Sequence[Sequence[str]],
):
    """Draws images in a grid, each with the boxes of its objects and those that were found.

    Args:
      images: uint8 (height, width, 3), of any sizes.
      known: For each image, its objects' boxes (n, 4): top, left, bottom, right in pixels, half-open.
      found: For each image, the boxes that were found, (m, 4).
      texts: For each image, what to write at each box that was found, such as "cat 0.9".

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    cell = SIDE + GAP
    figure = new_figure(GAP + columns * cell, BELOW + rows * cell)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        height, width = np.array(image.shape[:2]) * (SIDE / max(image.shape[:2]))
        left, bottom = GAP + column * cell, BELOW + (rows - row) * cell - GAP - height
        axes = axes_at(figure, left, bottom, width, height)
        show_image(axes, image)
        _draw_boxes(axes, known[number], BOX_COLORS[0])
        _draw_boxes(axes, found[number], BOX_COLORS[1])
        for (top, left, *_), text in zip(found[number], texts[number], strict=True):
            axes.text(
                left,
                top,
                text,
                fontsize=SMALL - 3,
                color="white",
                va="bottom",
                clip_on=True,
                bbox={"facecolor": BOX_COLORS[1], "edgecolor": "none", "pad": 1, "alpha": 0.8, "clip_on": True},
            )
    for text, color, left in (("▢ object", BOX_COLORS[0], GAP), ("▢ found", BOX_COLORS[1], GAP + 1.0)):
        text_at(figure, left, BELOW / 2, text, color=color)
    return figure


def _draw_boxes(axes, boxes, color: str) -> None:
    from matplotlib.patches import Rectangle

    for top, left, bottom, right in np.reshape(boxes, (-1, 4)) - 0.5:
        size = right - left, bottom - top
        axes.add_patch(Rectangle((left, top), *size, fill=False, edgecolor=color, linewidth=1.5))
