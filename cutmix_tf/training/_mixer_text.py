"""Mixers as text, for command lines and run folders: "CutMix(alpha=1.0, prob=0.5)" and back."""

import ast
import inspect
from typing import Any

import tyro

from cutmix_tf._checks import did_you_mean, look_up
from cutmix_tf.mixing import MIXERS, Mixer


def mixer_to_text(mixer: Mixer | None) -> str:
    """The text that `mixer_from_text` reads as this mixer; "none" for None."""
    return "none" if mixer is None else repr(mixer)


def mixer_from_text(text: str) -> Mixer | None:
    """Reads "CutMix", "CutMix(alpha=0.5)", "OneOf([CutMix(), MixUp()])" or "none"; runs no code.

    Raises:
      ValueError: if the text is no such expression, or names a method or setting that there isn't; with
        the nearest name.
      TypeError, ValueError: whatever the mixer says of its settings.
    """
    if text.strip().lower() == "none":
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(f"A mixer reads like CutMix(alpha=1.0) or none; got {text!r}.") from None
    mixer = _value(ast.Call(tree, [], []) if isinstance(tree, ast.Name) else tree, text)
    if not isinstance(mixer, Mixer):
        raise ValueError(f"A mixer reads like CutMix(alpha=1.0) or none; got {text!r}.")
    return mixer


def _value(node: ast.expr, text: str) -> Any:
    """A literal, a sequence or a mixer's call as its value."""
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_value(item, text) for item in node.elts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        method = look_up(node.func.id, MIXERS, "mixing method")
        _check_settings(node, method, text)
        positional = [_value(argument, text) for argument in node.args]
        return method(*positional, **{str(word.arg): _value(word.value, text) for word in node.keywords})
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f"{text!r} holds {ast.unparse(node)!r}, which is neither a number nor a mixer.") from None


def _check_settings(call: ast.Call, method: type[Mixer], text: str) -> None:
    known = list(inspect.signature(method).parameters)
    for word in call.keywords:
        if word.arg not in known:
            hint = did_you_mean(word.arg or "", known)
            raise ValueError(f"{method.__name__} has no setting {word.arg!r}.{hint} It has {', '.join(known)}.")
    if len(call.args) > len(known):
        raise ValueError(f"{method.__name__} has {len(known)} settings; {text!r} gives {len(call.args)}.")


MIXER_ARGUMENT = tyro.constructors.PrimitiveConstructorSpec(
    nargs=1,
    metavar="METHOD",
    instance_from_str=lambda words: mixer_from_text(words[0]),
    is_instance=lambda value: value is None or isinstance(value, Mixer),
    str_from_instance=lambda mixer: [mixer_to_text(mixer)],
)
"""How a command line spells a mixer."""
