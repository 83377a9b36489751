"""Argument checks, and errors that say what was needed, what was received and what to do."""

import difflib
import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the most similar known name, starting with a space; empty if none is similar."""
    spelled = {known_name.lower(): known_name for known_name in known}
    near = difflib.get_close_matches(name.lower(), spelled, n=1)
    return f" Did you mean {spelled[near[0]]!r}?" if near else ""


def look_up(name: str, table: Mapping[str, T], what: str) -> T:
    """The table's entry with that name.

    Raises:
      TypeError: if the name is not a string.
      ValueError: if the table has no such entry; the message suggests the most similar name and lists all of them.
    """
    if not isinstance(name, str):
        raise TypeError(f"A {what} is chosen by its name; got {name!r} of type {type(name).__name__}.")
    if name in table:
        return table[name]
    raise ValueError(
        f"There is no {what} called {name!r}.{did_you_mean(name, table)} Known: {', '.join(sorted(table))}."
    )


def check_choice(name: str, value: Any, choices: tuple) -> None:
    """Raises ValueError unless `value` is one of the choices."""
    if not any(isinstance(value, type(choice)) and value == choice for choice in choices):
        names = [choice for choice in choices if isinstance(choice, str)]
        hint = did_you_mean(value, names) if isinstance(value, str) else ""
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}; got {value!r}.{hint}")


def check_number(name: str, value: Any, *, low: float, high: float = math.inf, above: bool = False) -> None:
    """Raises unless `value` is a finite real number in [low, high], or in (low, high] with `above`.

    Raises:
      TypeError: if it is not a real number; booleans are rejected.
      ValueError: if it is outside the range.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number; got {value!r} of type {type(value).__name__}.")
    try:
        number = float(value)
    except OverflowError:  # an integer too large for any float is outside every range
        number = math.nan
    if not ((number > low if above else number >= low) and number <= high and math.isfinite(number)):
        upper = f" and at most {high:g}" if math.isfinite(high) else ""
        raise ValueError(f"{name} must be {'above' if above else 'at least'} {low:g}{upper}; got {value!r}.")


def as_tuple(name: str, values: Any) -> tuple:
    """A list or tuple as a tuple. Raises TypeError for anything else."""
    if not isinstance(values, list | tuple | range):
        raise TypeError(f"{name} must be a list or a tuple; got {values!r}.")
    return tuple(values)


def as_span(name: str, values: Any, *, high: float = math.inf) -> tuple[int, int]:
    """The first of some numbers and the one after the last, such as (25, 50), as a tuple.

    Args:
      name: What the numbers are, for messages.
      values: A list or tuple.
      high: The largest end.

    Raises:
      TypeError: if it is not a list or tuple of whole numbers.
      ValueError: if there are not two numbers, or they are out of range; at least one number must lie between them.
    """
    span = as_tuple(name, values)
    if len(span) != 2:
        raise ValueError(f"{name} must be the first and the end, such as (25, 50); got {span}.")
    check_whole(f"the first of {name}", span[0], low=0, high=high - 1)
    check_whole(f"the end of {name}", span[1], low=span[0] + 1, high=high)
    return span


def check_whole(name: str, value: Any, *, low: int, high: float = math.inf) -> None:
    """Raises unless `value` is an integer in [low, high].

    Raises:
      TypeError: if it is not an integer; booleans and floats such as 3.0 are rejected.
      ValueError: if it is outside the range.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number; got {value!r} of type {type(value).__name__}.")
    check_number(name, int(value), low=low, high=high)
