"""Mixers, teachers and regularizers as text, and back: "CutMix(alpha=1.0, prob=0.5)" on command lines and in runs."""

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import tyro

from cutmix_tf._checks import did_you_mean, look_up
from cutmix_tf.attention import Teacher
from cutmix_tf.mixing import MIXERS, Mixer
from cutmix_tf.models import REGULARIZERS, Regularizer


def to_text(value: Mixer | Teacher | Regularizer | None) -> str:
    """The text that one of the functions below reads as this value; "none" for None."""
    return "none" if value is None else repr(value)


def mixer_from_text(text: str) -> Mixer | None:
    """Reads "CutMix", "CutMix(alpha=0.5)", "OneOf([CutMix(), MixUp()])" or "none"; runs no code.

    Raises:
      ValueError: if the text is no such expression, or names a method or setting that there isn't; with
        the nearest name.
      TypeError, ValueError: whatever the mixer says of its settings.
    """
    return _from_text(text, MIXERS, "mixing method")


def teacher_from_text(text: str) -> Teacher | None:
    """Reads "Teacher('resnet50', reading='cam')", "none", or a bare name or path; runs no code.

    Raises:
      ValueError, TypeError: as `mixer_from_text`.
    """
    _check_text(text, "teacher")
    if text.strip().lower() == "none" or text.strip().startswith("Teacher("):
        return _from_text(text, {"Teacher": Teacher}, "kind of teacher")
    return Teacher(text.strip())


def regularizer_from_text(text: str) -> Regularizer | None:
    """Reads "WithDropBlock(drop_rate=0.1)", "WithShakeDrop" or "none"; runs no code.

    Raises:
      ValueError, TypeError: as `mixer_from_text`.
    """
    return _from_text(text, REGULARIZERS, "regularizer")


def _from_text(text: str, table: Mapping[str, type], what: str) -> Any:
    """The value of an expression that calls the table's types, with literals and sequences as arguments."""
    _check_text(text, what)
    if text.strip().lower() == "none":
        return None
    example = "CutMix(alpha=1.0)" if "CutMix" in table else f"{next(iter(table))}(…)"
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # nonsense, zeros or half characters, too deep
        raise ValueError(f"A {what} reads like {example} or none; got {text!r}.") from None
    try:
        value = _value(ast.Call(tree, [], []) if isinstance(tree, ast.Name) else tree, table, what)
    except RecursionError:
        raise ValueError(f"A {what} reads like {example} or none; got one that is nested too deeply.") from None
    if not isinstance(value, tuple(table.values())):
        raise ValueError(f"A {what} reads like {example} or none; got {text!r}.")
    return value


def _check_text(text: str, what: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"A {what} is given as text; got {text!r} of type {type(text).__name__}.")


def _value(node: ast.expr, table: Mapping[str, type], what: str) -> Any:
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_value(item, table, what) for item in node.elts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        kind = look_up(node.func.id, table, what)
        _check_settings(node, kind)
        positional = [_value(argument, table, what) for argument in node.args]
        return kind(*positional, **{str(word.arg): _value(word.value, table, what) for word in node.keywords})
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise ValueError(f"{ast.unparse(node)!r} is neither a number nor a {what}.") from None


def _check_settings(call: ast.Call, kind: type) -> None:
    known = list(inspect.signature(kind).parameters)
    for word in call.keywords:
        if word.arg not in known:
            hint = did_you_mean(word.arg or "", known)
            raise ValueError(f"{kind.__name__} has no setting {word.arg!r}.{hint} It has {', '.join(known)}.")
    if len(call.args) > len(known):
        raise ValueError(f"{kind.__name__} has {len(known)} settings; {ast.unparse(call)!r} gives {len(call.args)}.")
    named = known[: len(call.args)] + [word.arg for word in call.keywords]
    if len(set(named)) < len(named):
        raise ValueError(f"{ast.unparse(call)!r} gives a setting twice.")
    for name, setting in inspect.signature(kind).parameters.items():
        if setting.default is setting.empty and name not in named:
            raise ValueError(f"{kind.__name__} needs {name}; got {ast.unparse(call)!r}.")


def _argument(metavar: str, kind: type, from_text: Callable[[str], Any]) -> Any:
    """How a command line spells values of that kind."""
    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=lambda words: from_text(words[0]),
        is_instance=lambda value: value is None or isinstance(value, kind),
        str_from_instance=lambda value: [to_text(value)],
    )


MIXER_ARGUMENT = _argument("METHOD", Mixer, mixer_from_text)
TEACHER_ARGUMENT = _argument("TEACHER", Teacher, teacher_from_text)
REGULARIZER_ARGUMENT = _argument("REGULARIZER", Regularizer, regularizer_from_text)
