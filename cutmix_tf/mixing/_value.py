"""Methods as values: printed as they are written, stored in Keras configs, and checked when they are made."""

import dataclasses
from typing import Any

import keras

from cutmix_tf._arguments import NamedArguments
from cutmix_tf.mixing._elsewhere import ELSEWHERE
from cutmix_tf.mixing._options import check_options, is_option


@dataclasses.dataclass(frozen=True)
class MethodValue(NamedArguments):
    """A frozen dataclass of settings that Keras can serialize.

    Options (see `option`) are printed only where they differ from their defaults. Subclasses are registered with Keras
    under the name of their top-level package, so that `keras.saving.serialize_keras_object` stores a method, and
    `keras.saving.deserialize_keras_object` makes an equal one.
    """

    _elsewhere = ELSEWHERE

    def __init_subclass__(cls, **keywords: Any):
        super().__init_subclass__(**keywords)
        cls.__repr__ = MethodValue.__repr__  # where a class has one, dataclasses write no other
        keras.saving.register_keras_serializable(package=cls.__module__.partition(".")[0])(cls)

    def __new__(cls, *positional: Any, **keywords: Any):
        """Checks names and options; here, because a subclass' `__post_init__` replaces that of its base."""
        method = super().__new__(cls, *positional, **keywords)
        options = {field.name for field in dataclasses.fields(cls) if is_option(field)}
        check_options(**{name: value for name, value in keywords.items() if name in options})
        return method

    def __repr__(self) -> str:
        fields = sorted(dataclasses.fields(self), key=is_option)
        shown = [field for field in fields if not is_option(field) or self._is_chosen(field)]
        settings = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in shown)
        return f"{type(self).__qualname__}({settings})"

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles get: settings only."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def without_options(self) -> Any:
        """The method with every option at its default; it draws the same plans."""
        chosen = [field for field in dataclasses.fields(self) if is_option(field) and self._is_chosen(field)]
        return dataclasses.replace(self, **{field.name: field.default for field in chosen}) if chosen else self

    def _is_chosen(self, field: dataclasses.Field) -> bool:
        return getattr(self, field.name) != field.default

    def get_config(self) -> dict[str, Any]:
        """The settings as plain values."""
        return {name: keras.saving.serialize_keras_object(value) for name, value in self.__getstate__().items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A method from its config."""
        return cls(
            **{name: _as_setting(keras.saving.deserialize_keras_object(value)) for name, value in config.items()}
        )


def _as_setting(value: Any) -> Any:
    """The value with tuples for lists, as settings have them and JSON has not."""
    return tuple(map(_as_setting, value)) if isinstance(value, list) else value
