"""Typed options by tyro: groups of settings, and settings that are given as text."""

import dataclasses
from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

from cutmix_tf.runs import Text, texts_of, to_text


def import_tyro() -> Any:
    """The package that reads command lines. Raises ImportError that says how to install it."""
    try:
        import tyro
    except ImportError as error:
        raise ImportError("The command line needs tyro. Run pip install 'cutmix_tf[train]'.") from error
    return tyro


def parse(
    defaults: Sequence[Any], words: Sequence[str], program: str, description: str, texts: dict[Any, Text]
) -> list[Any]:
    """Groups of settings with what a command line changes in them. `--help` and errors end the program.

    Args:
      defaults: Dataclasses, one a group, whose fields are the options; types to have those that must be given too.
      words: The command line.
      program: Its name in the help.
      description: A line for the help.
      texts: How values of a type are given as text, by type.
    """
    tyro = import_tyro()
    kinds = [each if isinstance(each, type) else type(each) for each in defaults]
    names = [kind.__name__.removesuffix("Settings").lower() for kind in kinds]
    fields = [(name, tyro.conf.OmitArgPrefixes[kind]) for name, kind in zip(names, kinds, strict=True)]
    options = dataclasses.make_dataclass("Options", fields, frozen=True)
    known = {} if kinds == list(defaults) else {"default": options(*defaults)}
    registry = _registry(tyro, texts)
    chosen = tyro.cli(options, args=list(words), prog=program, description=description, registry=registry, **known)
    return [getattr(chosen, name) for name in names]


def text_rules(kind: type) -> dict[Any, Text]:
    """The types of a dataclass's settings that are given as text, each with how."""
    hints, texts = get_type_hints(kind, include_extras=True), texts_of(kind)
    return {get_args(hints[name])[0]: text for name, text in texts.items()}


def _registry(tyro: Any, texts: dict[Any, Text]) -> Any:
    registry = tyro.constructors.ConstructorRegistry()

    @registry.primitive_rule
    def as_text(info):
        text = texts.get(info.type)
        return text and tyro.constructors.PrimitiveConstructorSpec(
            nargs=1,
            metavar=text.metavar,
            instance_from_str=lambda words: text.parse(words[0]),
            is_instance=lambda value: isinstance(value, info.type),
            str_from_instance=lambda value: [to_text(value)],
        )

    return registry
