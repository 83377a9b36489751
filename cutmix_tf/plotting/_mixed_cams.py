"""What a model sees in mixed images."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf.plotting._cams import show_map
from cutmix_tf.plotting._figure import BAR, GAP, axes_at, color_bar_at, new_figure, show_image, text_at
from cutmix_tf.plotting._style import INK, SMALL

SIDE = 1.2  # inches, the width of an image
MARGIN = 1.4  # inches, the room for the titles of rows
ABOVE = 0.25  # inches, the room for the titles of columns
ROWS = ("image", "partner", "mix", "activation of\nthe image's class", "activation of\nthe partner's class")


def draw_mixed_cams(images, partners, mixed, own_maps, other_maps, titles: Sequence[str]):
    """Draws mixed images and the class-activation maps of both their classes (Yun et al. 2019, Figure 1).

    Args:
      images: The images, (n, height, width, 3) in [0, 255].
      partners: What each is mixed with, of the same shape.
      mixed: The mixed images, of the same shape.
      own_maps: Maps of the images' classes on the mixed images, (n, height, width) in [0, 1].
      other_maps: Maps of the partners' classes, alike.
      titles: One above each column, such as the names of both classes.

    Returns:
      A matplotlib figure with a column for each example.

    Raises:
      ImportError: if matplotlib is missing.
    """
    pixels = [np.clip(part, 0, 255).astype(np.uint8) for part in (images, partners, mixed)]
    tall = SIDE * pixels[0].shape[1] / pixels[0].shape[2]
    height = ABOVE + len(ROWS) * (tall + GAP)
    figure = new_figure(MARGIN + len(images) * (SIDE + GAP) + BAR, height)
    for row, title in enumerate(ROWS):
        bottom = height - ABOVE - (row + 1) * tall - row * GAP
        text_at(figure, GAP, bottom + tall / 2, title)
        for column in range(len(images)):
            axes = axes_at(figure, MARGIN + column * (SIDE + GAP), bottom, SIDE, tall)
            if row == 0:
                axes.set_title(titles[column], fontsize=SMALL, color=INK, pad=3)
            if row < len(pixels):
                show_image(axes, pixels[row][column])
            else:
                shown = show_map(axes, pixels[2][column], (own_maps, other_maps)[row - len(pixels)][column])
        if row >= len(pixels):
            color_bar_at(figure, shown, bottom, tall, ("min.", "max."))
    return figure
