"""What a model sees in mixed images."""

import numpy as np

from cutmix_tf.plotting._cams import show_map
from cutmix_tf.plotting._figure import BAR, GAP, axes_at, color_bar_at, new_figure, show_image, text_at

SIDE = 1.2  # inches, the width of an image
MARGIN = 1.25  # inches, the room for the titles of rows
ROWS = ("image", "partner", "mix", "activation of\nthe image's class", "activation of\nthe partner's class")


def draw_mixed_cams(images, partners, mixed, own_maps, other_maps):
    """Draws mixed images and the class-activation maps of both their classes (Yun et al. 2019, Figure 1).

    Args:
      images: The images, (n, height, width, 3) in [0, 255].
      partners: What each is mixed with, of the same shape.
      mixed: The mixed images, of the same shape.
      own_maps: Maps of the images' classes on the mixed images, (n, height, width) in [0, 1].
      other_maps: Maps of the partners' classes, alike.

    Returns:
      A matplotlib figure with a column for each example.

    Raises:
      ImportError: if matplotlib is missing.
    """
    pixels = [np.clip(part, 0, 255).astype(np.uint8) for part in (images, partners, mixed)]
    tall = SIDE * pixels[0].shape[1] / pixels[0].shape[2]
    height = GAP + len(ROWS) * (tall + GAP)
    figure = new_figure(MARGIN + len(images) * (SIDE + GAP) + BAR, height)
    for row, title in enumerate(ROWS):
        bottom = height - (row + 1) * (tall + GAP)
        text_at(figure, GAP, bottom + tall / 2, title)
        for column in range(len(images)):
            axes = axes_at(figure, MARGIN + column * (SIDE + GAP), bottom, SIDE, tall)
            if row < len(pixels):
                show_image(axes, pixels[row][column])
            else:
                shown = show_map(axes, pixels[2][column], (own_maps, other_maps)[row - len(pixels)][column])
        if row >= len(pixels):
            color_bar_at(figure, shown, bottom, tall, ("min.", "max."))
    return figure
