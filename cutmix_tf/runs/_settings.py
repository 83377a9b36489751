"""A run's config as JSON and back, for any dataclass of settings."""

import dataclasses
import json
import typing
from collections.abc import Callable
from typing import Any

from cutmix_tf._checks import did_you_mean

PLACE = {"place": True}
"""Metadata of a setting that says where or how often something is kept, and doesn't change what is trained."""


@dataclasses.dataclass(frozen=True)
class Text:
    """Marks a setting, as `Annotated[T, Text(…)]`, that JSON and command lines hold as text.

    Attributes:
      parse: Makes the value of the text; `str(value)` or "none" is the text of a value.
      metavar: What a command line's help calls it.
    """

    parse: Callable[[str], Any]
    metavar: str


def to_text(value: Any) -> str:
    """The text that `Text.parse` reads as this value; "none" for None."""
    return "none" if value is None else repr(value)


def texts_of(kind: type) -> dict[str, Text]:
    """The settings of a dataclass that are held as text."""
    hints = typing.get_type_hints(kind, include_extras=True)
    marks = {
        name: [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Text)]
        for name, hint in hints.items()
    }
    return {name: found[0] for name, found in marks.items() if found}


def config_to_json(config: Any) -> dict[str, Any]:
    """The settings as plain values, as JSON gives them back."""
    settings = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    settings |= {name: to_text(settings[name]) for name in texts_of(type(config))}
    return json.loads(json.dumps(settings))


def config_from_json(kind: type, settings: dict[str, Any]) -> Any:
    """The config that `config_to_json` wrote; runs no code.

    Args:
      kind: The dataclass.
      settings: By name. Settings that have a default may be missing.

    Raises:
      TypeError, ValueError: if there are settings that the dataclass doesn't have, or values out of range.
    """
    if not isinstance(settings, dict):
        raise TypeError(f"A config is read from settings by name; got {type(settings).__name__}.")
    fields = {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(kind)}
    for name in settings:
        if name not in fields:
            hint = did_you_mean(str(name), fields)
            raise TypeError(f"{kind.__name__} has no setting {name!r}.{hint} Correct it, or leave it out.")
    missing = [name for name, needed in fields.items() if needed and name not in settings]
    if missing:
        raise TypeError(f"{kind.__name__} needs {', '.join(missing)}; got {', '.join(settings) or 'nothing'}.")
    texts = texts_of(kind)
    return kind(**{name: texts[name].parse(value) if name in texts else value for name, value in settings.items()})


def changed_settings(kind: type, held: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """The settings in which two configs, as JSON, train differently. Settings missing in `held` have their default."""
    fields = dataclasses.fields(kind)
    usual = config_defaults(kind)
    return [
        field.name
        for field in fields
        if not field.metadata.get("place") and {**usual, **held}.get(field.name) != wanted.get(field.name)
    ]


def config_defaults(kind: type) -> dict[str, Any]:
    """The defaults of a dataclass as `config_to_json` writes them."""
    texts = texts_of(kind)
    defaults = {
        field.name: field.default for field in dataclasses.fields(kind) if field.default is not dataclasses.MISSING
    }
    return json.loads(
        json.dumps({name: to_text(value) if name in texts else value for name, value in defaults.items()})
    )
