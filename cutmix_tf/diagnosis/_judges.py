"""The losses and metrics of a compiled model, and what each can read."""

import dataclasses
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import keras

from cutmix_tf.diagnosis._batches import ALONE

Reads = Literal["any", "ids", "soft", "ids or soft", "unknown"]

_READS: dict[str, Reads] = {
    **dict.fromkeys(
        ("sparsecategoricalcrossentropy", "sparsecategoricalaccuracy", "sparsetopkcategoricalaccuracy"), "ids"
    ),
    **dict.fromkeys(("categoricalcrossentropy", "categoricalfocalcrossentropy", "kldivergence"), "soft"),
    **dict.fromkeys(("categoricalaccuracy", "topkcategoricalaccuracy"), "soft"),
    **dict.fromkeys(("binarycrossentropy", "binaryfocalcrossentropy", "binaryaccuracy"), "soft"),
    **dict.fromkeys(("accuracy", "acc", "crossentropy", "ce", "meansquarederror", "mse", "auc"), "ids or soft"),
}
"""By the names of Keras in small letters, without underscores."""


@dataclasses.dataclass(frozen=True)
class Judge:
    """A loss or a metric.

    Attributes:
      role: "loss" or "metrics".
      text: What the user wrote, such as "'accuracy'".
      name: Its name in small letters, without underscores.
      reads: Which labels it can read; "any" for those of this package.
      from_logits: Whether it takes logits; None if it makes no difference.
    """

    role: Literal["loss", "metrics"]
    text: str
    name: str
    reads: Reads
    from_logits: bool | None = None


def judges_of(model: keras.Model, names: list[str]) -> dict[str, list[Judge]]:
    """The losses and metrics of a compiled model by the name of the output.

    Args:
      model: A compiled model.
      names: The names of its outputs, as labels have them.

    Raises:
      OSError, TypeError, ValueError: if Keras can't describe a loss or a metric, such as a lambda without a source.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # against lambdas, which nobody is about to save here
        config = model.get_compile_config() or {}
    found: dict[str, list[Judge]] = {name: [] for name in names}
    for role, key in (("loss", "loss"), ("metrics", "metrics"), ("metrics", "weighted_metrics")):
        for name, value in _by_output(config.get(key), names):
            found[name].append(_judge(role, value))
    return found


def _by_output(values: Any, names: list[str]) -> Iterator[tuple[str, Any]]:
    """(output, loss or metric), of what `compile` takes: one, a list, or a dict of them."""
    if values is None:
        return
    if isinstance(values, Mapping) and "class_name" not in values:
        for name, value in values.items():
            yield from ((name, each) for each in _listed(value) if name in names)
    elif isinstance(values, list) and names != [ALONE] and len(values) == len(names):
        for name, value in zip(names, values, strict=True):
            yield from ((name, each) for each in _listed(value))
    else:
        yield from ((name, each) for name in names for each in _listed(values))


def _listed(value: Any) -> list[Any]:
    return [each for each in (value if isinstance(value, list) else [value]) if each is not None]


def _judge(role: Any, value: Any) -> Judge:
    """A loss or a metric from its entry in the config of `compile`: a name, or a serialized object."""
    if isinstance(value, str):
        text, name, options, ours = repr(value), value, {}, False
    else:
        content = value.get("config")
        options = content if isinstance(content, Mapping) else {}
        name = content if isinstance(content, str) else str(value.get("class_name"))
        text, ours = name, str(value.get("registered_name")).startswith("cutmix_tf>")
    plain = name.lower().replace("_", "")
    takes_logits = "crossentropy" in plain and "accuracy" not in plain
    from_logits = bool(options.get("from_logits", False)) if takes_logits else None
    return Judge(role, text, plain, "any" if ours else _READS.get(plain, "unknown"), from_logits)
