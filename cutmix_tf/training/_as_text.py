"""Mixers, teachers and regularizers from text such as "CutMix(alpha=1.0, prob=0.5)"; no code is run."""

import ast
import inspect
from collections.abc import Mapping
from typing import Any

from cutmix_tf._checks import look_up
from cutmix_tf.attention import Teacher
from cutmix_tf.mixing import MIXERS, Planner
from cutmix_tf.models import REGULARIZERS, Regularizer


def mixer_from_text(text: str) -> Planner | None:
    """Reads "CutMix", "CutMix(alpha=0.5)", "OneOf([CutMix(), MixUp()])" or "none".

    Raises:
      ValueError: if the text can't be read, or names an unknown method; with the nearest name.
      TypeError, ValueError: whatever the mixer raises for its settings, and for a setting that it doesn't have.
    """
    return _from_text(text, MIXERS, "mixing method")


def teacher_from_text(text: str) -> Teacher | None:
    """Reads "Teacher('resnet50', reading='cam')", a bare name or path, or "none".

    Raises:
      ValueError, TypeError: as `mixer_from_text`.
    """
    _check_text(text, "teacher")
    if text.strip().lower() == "none" or text.strip().startswith("Teacher("):
        return _from_text(text, {"Teacher": Teacher}, "teacher")
    return Teacher(text.strip())


def regularizer_from_text(text: str) -> Regularizer | None:
    """Reads "WithDropBlock(drop_rate=0.1)", "WithShakeDrop" or "none".

    Raises:
      ValueError, TypeError: as `mixer_from_text`.
    """
    return _from_text(text, REGULARIZERS, "regularizer")


def _from_text(text: str, table: Mapping[str, type], what: str) -> Any:
    """The value of an expression that calls the table's types with literals, sequences and each other."""
    _check_text(text, what)
    if text.strip().lower() == "none":
        return None
    example = "CutMix(alpha=1.0)" if "CutMix" in table else f"{next(iter(table))}(…)"
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # also null bytes, lone surrogates, deep nesting
        raise ValueError(f"A {what} reads like {example} or none; got {text!r}.") from None
    try:
        value = _value(ast.Call(tree, [], []) if isinstance(tree, ast.Name) else tree, table, what)
    except RecursionError:
        raise ValueError(f"A {what} reads like {example} or none; got one with too many parentheses.") from None
    if not isinstance(value, tuple(table.values())):
        raise ValueError(f"A {what} reads like {example} or none; got {text!r}.")
    return value


def _check_text(text: str, what: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"A {what} is given as a string; got {text!r} of type {type(text).__name__}.")


def _value(node: ast.expr, table: Mapping[str, type], what: str) -> Any:
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_value(item, table, what) for item in node.elts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        kind = look_up(node.func.id, table, what)
        positional = [_value(argument, table, what) for argument in node.args]
        settings = {str(word.arg): _value(word.value, table, what) for word in node.keywords}
        _check_given(node, kind)
        return kind(*positional, **settings)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise ValueError(f"{ast.unparse(node)!r} is neither a number nor a {what}.") from None


def _check_given(call: ast.Call, kind: type) -> None:
    """Raises ValueError unless each setting is given once at most, and those without a default once."""
    known = inspect.signature(kind).parameters
    given = [*list(known)[: len(call.args)], *(word.arg for word in call.keywords)]
    if len(set(given)) < len(given):
        raise ValueError(f"{ast.unparse(call)!r} gives a setting twice.")
    for name, setting in known.items():
        if setting.default is setting.empty and name not in given:
            raise ValueError(f"{kind.__name__} needs {name}; got {ast.unparse(call)!r}.")
