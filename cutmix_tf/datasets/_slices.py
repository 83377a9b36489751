"""Parts of stored splits, in TFDS's slicing syntax: "train", "train[:10%]", "train[90%:]", "train[:500]+test"."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cutmix_tf._checks import look_up

_BOUND = r"(-?\d+|-?\d+(?:\.\d+)?%)?"
_PART = re.compile(rf"([\w-]+)(?:\[{_BOUND}:{_BOUND}\])?")


class Part(NamedTuple):
    """The examples from `start` to before `stop`, in the order of storage, of the stored split `source`."""

    source: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of examples."""
        return self.stop - self.start


def parse_split(spec: str, counts: Mapping[str, int]) -> tuple[Part, ...]:
    """The parts that a split specification names, in its order.

    Bounds are numbers of examples, or percentages, rounded to the nearest example; negative ones count from the end.
    Parts are joined by "+".

    Args:
      spec: Such as "train[:10%]" or "train[:500]+validation".
      counts: How many examples each stored split has.

    Raises:
      TypeError: if `spec` is not a string.
      ValueError: if it can't be read, names an unknown split, has a bound beyond the split's end, selects no example,
        or selects one twice.
    """
    if not isinstance(spec, str):
        raise TypeError(f"A split must be a string such as 'train[:10%]'; got {spec!r}.")
    parts = tuple(part for text in spec.split("+") if (part := _parse_part(text.strip(), spec, counts)).size > 0)
    if not parts:
        raise ValueError(f"A split needs at least one example; {spec!r} selects none of {_sizes(counts)}.")
    for number, part in enumerate(parts):
        if twice := overlap([part], parts[:number]):
            raise ValueError(f"A split has each example once; {spec!r} selects {twice} twice. Change its bounds.")
    return parts


def overlap(some: Sequence[Part], others: Sequence[Part]) -> int:
    """How many examples two splits share."""
    return sum(
        max(0, min(one.stop, other.stop) - max(one.start, other.start))
        for one in some
        for other in others
        if one.source == other.source
    )


def _parse_part(text: str, spec: str, counts: Mapping[str, int]) -> Part:
    match = _PART.fullmatch(text)
    if match is None:
        raise ValueError(f"A split looks like 'train', 'train[:10%]' or 'train[500:]+test'; got {spec!r}.")
    source, *bounds = match.groups()
    count = look_up(source, counts, "split")
    if len({bound.endswith("%") for bound in bounds if bound}) > 1:
        raise ValueError(f"The bounds of a slice must be two percentages or two numbers; got {spec!r}.")
    start, stop = (
        default if bound is None else _position(bound, spec, count)
        for bound, default in zip(bounds, (0, count), strict=True)
    )
    return Part(source, start, max(start, stop))


def _position(bound: str, spec: str, count: int) -> int:
    """A bound as a position from 0 to `count`."""
    # As TFDS computes it: float products and quotients decide which way a half is rounded.
    position = round(float(bound[:-1]) * count / 100) if bound.endswith("%") else int(bound)
    if abs(position) > count:
        raise ValueError(f"A slice must lie inside its split, which has {count} examples; got {spec!r}.")
    return position + count if position < 0 else position


def _sizes(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counts.items())
