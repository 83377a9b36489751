"""Targets under images: a bar from 0 to 1, split by the weights of the labels."""

from collections.abc import Sequence

from cutmix_tf.plotting._figure import axes_at
from cutmix_tf.plotting._style import SMALL, TARGET_COLORS

BELOW = 0.55  # inches under an image, the room for its target
LONGEST = 13  # letters in a line


def draw_target(figure, left: float, top: float, width: float, share, class_names: Sequence[str]) -> None:
    """Draws a target as a bar, and the names of its two heaviest labels below.

    Args:
      figure: A matplotlib figure.
      left: Where it starts, in inches.
      top: The lower edge of the image above, in inches.
      width: In inches.
      share: The weight of each class, (classes,).
      class_names: A name for each class.
    """
    axes = axes_at(figure, left, top - BELOW, width, BELOW)
    start = 0.0
    for line, label in enumerate(sorted(range(len(share)), key=lambda label: -share[label])[:2]):
        if share[label] <= 0:
            continue
        axes.barh(-0.07, share[label], left=start, height=0.07, color=TARGET_COLORS[line])
        text = _line(float(share[label]), str(class_names[label]))
        axes.text(0, -0.14 - 0.17 * line, text, va="top", fontsize=SMALL, color=TARGET_COLORS[line])
        start += share[label]
    axes.set(xlim=(0, 1), ylim=(-BELOW, 0))
    axes.axis("off")


def _line(share: float, name: str) -> str:
    weight = "" if share == 1 else f"{share:.2f} " if share >= 0.005 else "<0.01 "
    room = LONGEST - len(weight)
    return weight + (name if len(name) <= room else name[: room - 1] + "…")
