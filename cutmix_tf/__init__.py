"""CutMix and its relatives for Keras 3, as exact and fast tf.data functions."""

from importlib import import_module as _import_module

from cutmix_tf import mixing as mixing
from cutmix_tf import models as models
from cutmix_tf import targets as targets
from cutmix_tf._version import __version__ as __version__
from cutmix_tf.losses import MixedCrossentropy as MixedCrossentropy
from cutmix_tf.metrics import MixedAccuracy as MixedAccuracy
from cutmix_tf.metrics import MixedTopKAccuracy as MixedTopKAccuracy
from cutmix_tf.mixing import AttentiveCutMix as AttentiveCutMix
from cutmix_tf.mixing import CutMix as CutMix
from cutmix_tf.mixing import Cutout as Cutout
from cutmix_tf.mixing import FeatureCutMix as FeatureCutMix
from cutmix_tf.mixing import HideAndSeek as HideAndSeek
from cutmix_tf.mixing import ManifoldMixUp as ManifoldMixUp
from cutmix_tf.mixing import MixUp as MixUp
from cutmix_tf.mixing import OneOf as OneOf
from cutmix_tf.mixing import RandomErasing as RandomErasing
from cutmix_tf.mixing import mix as mix
from cutmix_tf.models import TappedModel as TappedModel

_ON_FIRST_USE = (
    "attention",
    "datasets",
    "distribution",
    "evaluation",
    "layers",
    "pipeline",
    "plotting",
    "runs",
    "training",
)


def __getattr__(name: str):
    """Imports the larger parts of the package when they are first used, so that importing it stays light."""
    if name in _ON_FIRST_USE:
        return _import_module(f"cutmix_tf.{name}")
    raise AttributeError(f"module 'cutmix_tf' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_ON_FIRST_USE})
