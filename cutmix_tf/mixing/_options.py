"""The options that methods share: what labels and inputs are like, and a seed. They don't change what is drawn."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from cutmix_tf._checks import check_choice, check_number, check_whole
from cutmix_tf.mixing._box_formats import BOX_FORMATS

MAX_CLASS_ID = 2**24
"""The largest class id: up to here, ids are exact in the float32 of pair targets."""

NumClasses = int | Mapping[str, int] | None
Names = tuple[str, ...]


OPTION = {"option": True}
"""Metadata of the fields that all methods share. They may hold a dict or a list, so they are left out of the hash."""


def is_option(field: dataclasses.Field) -> bool:
    """Whether a field is one of the options."""
    return OPTION.items() <= field.metadata.items()


def check_options(
    num_classes: Any = None,
    regression: Any = False,
    seed: Any = None,
    images_key: Any = None,
    pass_through: Any = (),
    bounding_box_format: Any = "xyxy",
    min_visible: Any = 0.1,
) -> None:
    """Raises TypeError or ValueError unless these are options of a method."""
    if isinstance(num_classes, Mapping):
        _check_names("num_classes must be a number, or one for each named output", [*num_classes])
        for name, count in num_classes.items():
            check_whole(f"num_classes[{name!r}]", count, low=2, high=MAX_CLASS_ID)
    elif num_classes is not None:
        check_whole("num_classes", num_classes, low=2, high=MAX_CLASS_ID)
    if not isinstance(regression, bool):
        _check_names("regression must be True, False or the names of outputs, such as ('age',)", regression)
    _check_kinds(num_classes, regression)
    if seed is not None:
        check_whole("seed", seed, low=0, high=2**31 - 1)
    if not isinstance(images_key, str | None):
        raise TypeError(f"images_key must be the name of an input, such as 'photo', or None; got {images_key!r}.")
    _check_names("pass_through must be the names of inputs, such as ('age',)", pass_through)
    check_choice("bounding_box_format", bounding_box_format, BOX_FORMATS)
    check_number("min_visible", min_visible, low=0, high=1)
    if pass_through and images_key is None:
        raise ValueError(f"pass_through={pass_through} needs the key of the images too, such as images_key='photo'.")


def _check_kinds(num_classes: Any, regression: Any) -> None:
    """Raises ValueError if an output is to be both classes and values."""
    if regression is True:
        both = num_classes is not None
    else:
        both = isinstance(num_classes, Mapping) and num_classes.keys() & set(regression or ())
    if both:
        raise ValueError(
            f"Labels are class ids or values to predict; got num_classes={num_classes} and regression={regression}. "
            "Leave one of them out, or name the outputs of each."
        )


def _check_names(need: str, names: Any) -> None:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{need}; got {names!r}.")
