"""Images above their class-activation maps."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf.plotting._figure import BAR, GAP, axes_at, color_bar_at, new_figure, show_image, text_at
from cutmix_tf.plotting._style import BOX_COLORS, INK, SMALL

SIDE = 1.3  # inches, the width of an image
MARGIN = 1.1  # inches, the room for the titles of rows
ABOVE = 0.4  # inches, the room for the titles of columns
BELOW = 0.3  # inches, the room for the legend of the boxes


def draw_cams(
    images: np.ndarray,
    maps: np.ndarray,
    titles: Sequence[str],
    boxes: Sequence[np.ndarray] | np.ndarray | None = None,
    found: np.ndarray | None = None,
):
    """Draws images above their class-activation maps, with boxes.

    Args:
      images: uint8 (n, height, width, 3); all of them are drawn.
      maps: (n, height, width) in [0, 1], such as `evaluation.metrics.scale_maps` returns.
      titles: One above each image; up to two lines.
      boxes: The objects' boxes, int (n, 4) or n arrays (k, 4), top, left, bottom, right; or None.
      found: The boxes that were found, int (n, 4); or None.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    count, below = len(images), BELOW if boxes is not None or found is not None else GAP
    tall = SIDE * images.shape[1] / images.shape[2]
    height = ABOVE + 2 * tall + GAP + below
    figure = new_figure(MARGIN + count * (SIDE + GAP) + BAR, height)
    bottoms = height - ABOVE - tall, below
    for bottom, title in zip(bottoms, ("image", "class\nactivation"), strict=True):
        text_at(figure, GAP, bottom + tall / 2, title)
    for index, (image, scaled, title) in enumerate(zip(images, maps, titles, strict=True)):
        upper, lower = (axes_at(figure, MARGIN + index * (SIDE + GAP), bottom, SIDE, tall) for bottom in bottoms)
        show_image(upper, image)
        shown = show_map(lower, image, scaled)
        upper.set_title(title, fontsize=SMALL, color=INK, pad=3)
        for axes in (upper, lower):
            for some, color in ((boxes, BOX_COLORS[0]), (found, BOX_COLORS[1])):
                _draw_boxes(axes, () if some is None else np.reshape(some[index], (-1, 4)), color)
    color_bar_at(figure, shown, bottoms[1], tall, ("min.", "max."))
    _draw_legend(figure, boxes is not None, found is not None)
    return figure


def show_map(axes, image, scaled):
    """Draws a map in [0, 1] over an image in gray."""
    show_image(axes, image.mean(axis=2), cmap="gray", vmin=0, vmax=255)
    return show_image(axes, scaled, cmap="magma", alpha=0.6, vmin=0, vmax=1)


def _draw_boxes(axes, boxes, color: str) -> None:
    from matplotlib.patches import Rectangle

    for top, left, bottom, right in np.asarray(boxes) - 0.5:
        size = right - left, bottom - top
        axes.add_patch(Rectangle((left, top), *size, fill=False, edgecolor=color, linewidth=2))


def _draw_legend(figure, objects: bool, found: bool) -> None:
    texts = (("box of the object", objects), ("box found by the map", found))
    left = MARGIN
    for (text, drawn), color in zip(texts, BOX_COLORS, strict=True):
        if drawn:
            text_at(figure, left, BELOW / 2, f"▢ {text}", color=color)
            left += 1.7
