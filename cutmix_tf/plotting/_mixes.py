"""Mixed images with their targets."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf.plotting._figure import GAP, HEADING, axes_at, new_figure, show_image, text_at, title_at
from cutmix_tf.plotting._targets import draw_target, parts_of, room_below

SIDE = 1.2  # inches, the width of an image
LETTER = 0.075  # inches, about


def draw_mixes(
    images, targets, class_names: Sequence[str], columns: int = 8, *, rows: Sequence[str] = (), title: str = ""
):
    """Draws mixed images, each above a bar that shows its target: the weight of each label.

    Args:
      images: uint8 (batch, height, width, 3), or floats in [0, 255]; all of them are drawn.
      targets: Pair targets (batch, k, 2), whose own labels come first; class ids (batch,) or soft targets
        (batch, classes), whose two heaviest labels are shown.
      class_names: A name for each class.
      columns: Images in a row.
      rows: A title for each row, to its left; or nothing.
      title: Of the figure; or nothing.

    Returns:
      A matplotlib figure.

    Raises:
      ValueError: if there are row titles, but not one for each row.
      ImportError: if matplotlib is missing.
    """
    images = np.clip(np.asarray(images, np.float32), 0, 255).astype(np.uint8)
    parts = parts_of(targets, len(class_names))
    columns = min(columns, len(images))
    count = -(-len(images) // columns)
    if rows and len(rows) != count:
        raise ValueError(f"rows must hold a title for each of {count} rows; got {len(rows)}: {rows}.")
    tall = SIDE * images.shape[1] / images.shape[2]
    titles = [_broken(text) for text in rows]
    longest = max((len(line) for text in titles for line in text.split("\n")), default=0)
    start, top = GAP + (LETTER * longest + 2 * GAP if titles else 0), GAP + (HEADING if title else 0)
    rooms = [room_below(parts[row * columns : (row + 1) * columns]) for row in range(count)]
    tops = top + np.cumsum([0, *(tall + room for room in rooms)])
    height = tops[-1]
    figure = new_figure(start + columns * (SIDE + GAP), height)
    title_at(figure, GAP, height - top / 2, title)
    for row, text in enumerate(titles):
        text_at(figure, GAP, height - tops[row] - tall / 2, text)
    for index, (image, target) in enumerate(zip(images, parts, strict=True)):
        row, column = divmod(index, columns)
        left, bottom = start + column * (SIDE + GAP), height - tops[row] - tall
        show_image(axes_at(figure, left, bottom, SIDE, tall), image)
        draw_target(figure, left, bottom, SIDE, target, class_names)
    return figure


def _broken(text: str) -> str:
    """The title of a row, broken before the second word of a long name such as AttentiveCutMix."""
    spaced = text if " " in text else text.replace("CutMix", " CutMix").lstrip()
    return text if len(text) <= 14 else spaced.replace(" ", "\n", 1)
