"""CutMix and its relatives for Keras 3, as exact and fast tf.data functions."""

from importlib import import_module as _import_module

from cutmix_tf import _start
from cutmix_tf._version import __version__ as __version__

if not _start.is_command():  # which loads them once it needs them
    from cutmix_tf._names import *  # noqa: F403

_ON_FIRST_USE = (
    "attention",
    "datasets",
    "diagnosis",
    "distribution",
    "evaluation",
    "inference",
    "layers",
    "pipeline",
    "plotting",
    "runs",
    "training",
    "transfer",
)
_FROM_ROOMS = {"Classifier": "inference", "doctor": "diagnosis"}


def __getattr__(name: str):
    """Imports the larger parts of the package when they are first used, so that importing it stays light."""
    if name in _ON_FIRST_USE:
        return _import_module(f"cutmix_tf.{name}")
    if name in _FROM_ROOMS:
        return getattr(_import_module(f"cutmix_tf.{_FROM_ROOMS[name]}"), name)
    raise AttributeError(f"module 'cutmix_tf' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_ON_FIRST_USE, *_FROM_ROOMS})
