"""A model's inputs by name: one of them is the image, the others are passed on as they are if that was asked for."""

from typing import Any, NamedTuple

import tensorflow as tf

from cutmix_tf._checks import did_you_mean


class Inputs(NamedTuple):
    """How images are found in what a model takes: under a key of a dict, or as they are if `images_key` is None."""

    images_key: str | None = None
    pass_through: tuple[str, ...] = ()

    def images_of(self, given: Any, name: str) -> Any:
        """The images among a model's inputs.

        Raises:
          TypeError: if a key was named and the inputs are no dict, or the other way round.
          ValueError: if the key is missing, or another input was not named in `pass_through`.
        """
        if self.images_key is None and not isinstance(given, dict):
            return given
        if self.images_key is None:
            raise TypeError(
                f"{name} takes either a dict with the key 'images', or (images, labels, sample_weight); got a dict of "
                f"{_list(given)} and labels. If it holds the model's inputs, say which one is the image: "
                f"{name}(images_key='photo')."
            )
        if not isinstance(given, dict):
            raise TypeError(f"{name} looks for images under the key {self.images_key!r} of a dict; got images alone.")
        for key in (self.images_key, *self.pass_through):
            if key not in given:
                hint = did_you_mean(key, map(str, given))
                raise ValueError(f"{name} needs the input {key!r}; got {_list(given)}.{hint}")
        others = given.keys() - {self.images_key, *self.pass_through}
        if others:
            names = ", ".join(repr(key) for key in given if key in others)
            raise ValueError(
                f"{name} mixes the input {self.images_key!r}; got {names} too, which would describe the image without "
                f"its partner. Remove it, or pass it on as it is: {name}(images_key={self.images_key!r}, "
                f"pass_through=[{names}])."
            )
        return given[self.images_key]

    def like(self, given: Any, images: tf.Tensor) -> Any:
        """Mixed images in the place of those that were given."""
        return images if self.images_key is None else {**given, self.images_key: images}


def _list(given: dict) -> str:
    return ", ".join(map(repr, given)) or "nothing"
