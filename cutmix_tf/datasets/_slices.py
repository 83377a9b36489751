"""Parts of a dataset's splits, in TFDS's slicing syntax: "train", "train[:10%]", "train[90%:]", "train[:500]+test"."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cutmix_tf._checks import look_up

_PART = re.compile(r"\s*([^\[\]+]+?)\s*(?:\[\s*(-?\d+%?)?\s*:\s*(-?\d+%?)?\s*\])?\s*")


class Part(NamedTuple):
    """The examples from `start` to before `stop`, in storage order, of the stored split `source`."""

    source: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def parse_split(spec: str, counts: Mapping[str, int]) -> tuple[Part, ...]:
    """The parts that a split specification names.

    Bounds are numbers of examples or percentages, rounded to the nearest example; negative ones count from the end.
    Parts are joined by "+".

    Args:
      spec: Such as "train[:10%]" or "train[:500]+validation".
      counts: How many examples each stored split has.

    Raises:
      TypeError: if `spec` is not a string.
      ValueError: if it can't be read, names a split that isn't there, or selects no example.
    """
    if not isinstance(spec, str):
        raise TypeError(f"A split is given as a string such as 'train[:10%]'; got {spec!r}.")
    parts = tuple(_parse_part(text, spec, counts) for text in spec.split("+"))
    if sum(map(len, parts)) == 0:
        raise ValueError(f"A split needs at least one example; {spec!r} selects none of {_sizes(counts)}.")
    return tuple(part for part in parts if len(part))


def _parse_part(text: str, spec: str, counts: Mapping[str, int]) -> Part:
    match = _PART.fullmatch(text)
    if match is None:
        raise ValueError(f"A split reads like 'train', 'train[:10%]' or 'train[500:]+test'; got {spec!r}.")
    source, start, stop = match.groups()
    count = look_up(source, counts, "split")
    first, last = _position(start, count, 0), _position(stop, count, count)
    return Part(source, first, max(first, last))


def _position(bound: str | None, count: int, default: int) -> int:
    """A bound as a position from 0 to `count`."""
    if bound is None:
        return default
    position = round(int(bound[:-1]) * count / 100) if bound.endswith("%") else int(bound)
    return min(max(position + count if position < 0 else position, 0), count)


def overlap(some: Sequence[Part], others: Sequence[Part]) -> int:
    """How many examples two splits share."""
    return sum(
        max(0, min(one.stop, other.stop) - max(one.start, other.start))
        for one in some
        for other in others
        if one.source == other.source
    )


def _sizes(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counts.items())
