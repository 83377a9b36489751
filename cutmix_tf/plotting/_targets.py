"""Targets under images: a bar from 0 to 1, split by the weights of the labels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cutmix_tf import targets as target_forms
from cutmix_tf.plotting._figure import axes_at
from cutmix_tf.plotting._style import FURTHER_COLORS, SMALL, TARGET_COLORS

BELOW = 0.55  # inches under an image, the room for a target of two labels
LINE = 0.17  # inches, of each further label
COLORS = (*TARGET_COLORS, *FURTHER_COLORS)
LETTER = 0.068  # inches, about, the width of a letter


class Part(NamedTuple):
    """One label of a target: its class, its weight, and a position in `COLORS`."""

    label: int
    weight: float
    color: int


def parts_of(targets, num_classes: int) -> list[list[Part]]:
    """The labels that each target shows.

    Args:
      targets: Pair targets (batch, k, 2): an image's own label comes first. Class ids (batch,) or soft targets
        (batch, classes): the two heaviest labels, the heavier one first.
      num_classes: Number of classes.
    """
    if target_forms.is_pair(np.shape(targets)):
        return [_parts_of_pair(np.asarray(pair, np.float64)) for pair in targets]
    soft = np.asarray(target_forms.to_soft(targets, num_classes))
    heaviest = np.argsort(-soft, axis=1, kind="stable")[:, :2]
    chosen = [
        [Part(int(k), float(row[k]), color) for color, k in enumerate(ks)]
        for row, ks in zip(soft, heaviest, strict=True)
    ]
    return [[part for part in parts if part.weight > 0] for parts in chosen]


def _parts_of_pair(pair: np.ndarray) -> list[Part]:
    """The labels of one pair target; two labels of one class are one."""
    ids = pair[:, 0].tolist()
    weights = {label: float(pair[pair[:, 0] == label, 1].sum()) for label in ids}
    return [Part(int(label), weight, ids.index(label)) for label, weight in weights.items() if weight > 0]


def room_below(parts: Sequence[Sequence[Part]]) -> float:
    """The room for targets under a row of images, in inches."""
    return BELOW + LINE * max(max(map(len, parts), default=0) - 2, 0)


def draw_target(figure, left: float, top: float, width: float, parts: Sequence[Part], names: Sequence[str]) -> None:
    """Draws a target as a bar, and the names of its labels below.

    Args:
      figure: A matplotlib figure.
      left: Where it starts, in inches.
      top: The lower edge of the image above, in inches.
      width: In inches; names are cut to fit.
      parts: What `parts_of` returns for it.
      names: A name for each class.
    """
    room = room_below([parts])
    axes = axes_at(figure, left, top - room, width, room)
    start = 0.0
    for line, part in enumerate(parts):
        color = COLORS[part.color]
        axes.barh(-0.07, part.weight, left=start, height=0.07, color=color)
        text = _line(part.weight, str(names[part.label]), int(width / LETTER))
        axes.text(0, -0.14 - LINE * line, text, va="top", fontsize=SMALL, color=color)
        start += part.weight
    axes.set(xlim=(0, 1), ylim=(-room, 0))
    axes.axis("off")


def _line(share: float, name: str, longest: int) -> str:
    weight = "" if share == 1 else f"{share:.2f} " if share >= 0.005 else "<0.01 "
    room = longest - len(weight)
    return weight + (name if len(name) <= room else name[: room - 1] + "…")
