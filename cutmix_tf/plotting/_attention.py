"""How attention guides a mix."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf._cells import spread_cells
from cutmix_tf.plotting._rows import Row, draw_rows


def draw_attention(images, partners, maps, cells, mixed, targets, class_names: Sequence[str], *, title: str = ""):
    """Draws how attention guides a mix, one column for each example, from the image down to the mix and its target.

    Args:
      images: The examples, (batch, height, width, 3) in [0, 255].
      partners: The image that each is mixed with, of the same shape.
      maps: The partners' attention, (batch, rows, columns); each is drawn relative to its own maximum.
      cells: The cells that are pasted, bool (batch, rows, columns).
      mixed: The mixed images, of the same shape as `images`.
      targets: Their targets, as for `draw_mixes`.
      class_names: A name for each class.
      title: Of the figure; or nothing.

    Returns:
      A matplotlib figure.

    Raises:
      ImportError: if matplotlib is missing.
    """
    images, partners, mixed = (np.asarray(part, np.float32) for part in (images, partners, mixed))
    chosen = np.asarray(spread_cells(cells, *images.shape[1:3]))[..., None]
    rows = (
        Row("image", images),
        Row("partner", partners),
        Row("attention\nof the partner", relative(maps)),
        Row("top cells\nof the partner", np.where(chosen, partners, 255)),
        Row("mixed image", mixed),
    )
    return draw_rows(rows, targets, class_names, title=title)


def relative(maps) -> np.ndarray:
    """Maps (n, rows, columns) divided by their maxima; maps of zeros stay as they are."""
    maps = np.asarray(maps, np.float32)
    most = maps.max(axis=(1, 2), keepdims=True)
    return maps / np.where(most > 0, most, 1)
