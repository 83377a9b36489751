"""A training up to the moment at which it would take its first step."""

from typing import Any, NamedTuple

import keras
import pytest

from cutmix_tf import training
from cutmix_tf.training._fit import Fit


class Started(NamedTuple):
    """What `train` has made of a config.

    Attributes:
      model: The compiled model.
      batches: What it would be trained on.
      options: The other arguments of `fit`, by name.
    """

    model: keras.Model
    batches: Any
    options: dict[str, Any]

    def callback(self, kind):
        """The callback of that type."""
        (found,) = (callback for callback in self.options["callbacks"] if isinstance(callback, kind))
        return found


class _Stopped(BaseException):
    """Takes the place of the first step."""


def started(config, *, model=None, images=None, make_batches=True):
    """What `train` calls `fit` with. The run's folder is filled as far as it is by then, but for the figures.

    Args:
      config: Of the training.
      model: As for `train`.
      images: As for `train`.
      make_batches: Whether training batches are really made, which takes a while; else `batches` is None.
    """
    calls = []

    def fit(model, batches, **options):
        calls.append(Started(model, batches, options))
        raise _Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", fit)
        patch.setattr(Fit, "_look_at_first_batch", lambda self: None)
        if not make_batches:
            patch.setattr(training.Prepared, "train_batches", lambda *arguments: None)
        with pytest.raises(_Stopped):
            training.train(config, model=model, images=images)
    return calls[0]
