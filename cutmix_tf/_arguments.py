"""Unknown arguments are refused with the name that was meant, or with what another library's name is called here."""

import functools
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from cutmix_tf._checks import did_you_mean


class _SignatureOfInit:
    """The constructor's signature, which Python 3.10 would otherwise take from `__new__`."""

    def __get__(self, instance: Any, kind: type) -> inspect.Signature:
        if instance is not None:  # which has its own, that of its __call__
            raise AttributeError
        return inspect.Signature(list(_parameters(kind).values()))


class NamedArguments:
    """A class whose constructor says which argument was meant when it gets one that it doesn't have.

    Raises:
      TypeError: for an unknown argument, or too many positional ones.
    """

    _elsewhere: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For a name from another library, in the order of preference: arguments that may be meant, or a sentence."""

    __signature__ = _SignatureOfInit()

    def __new__(cls, *positional: Any, **keywords: Any):
        """Checks the arguments' names."""
        _check(cls, positional, keywords)
        return super().__new__(cls)


@functools.cache
def _parameters(kind: type) -> dict[str, inspect.Parameter]:
    """The parameters of a class' constructor, without `self`."""
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    return {parameter.name: parameter for parameter in parameters}


def _check(kind: type[NamedArguments], positional: tuple, keywords: dict[str, Any]) -> None:
    known = _parameters(kind)
    kinds = [parameter.kind for parameter in known.values()]
    for name in keywords:
        if name not in known and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise TypeError(
                f"{kind.__name__} has no argument {name!r}.{_hint(kind, name, known)} It takes {', '.join(known)}."
            )
    places = kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(positional) > places and inspect.Parameter.VAR_POSITIONAL not in kinds:
        raise TypeError(
            f"{kind.__name__} takes at most {places} positional arguments; got {len(positional)}. Name them: "
            f"{', '.join(known)}."
        )


def _hint(kind: type[NamedArguments], name: str, known: Mapping[str, Any]) -> str:
    for meant in kind._elsewhere.get(name, ()):
        if meant in known:
            return f" Write {meant}=… instead."
        if " " in meant:
            return f" {meant}"
    return did_you_mean(name, known)
