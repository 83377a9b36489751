"""The methods by name: what a command line or a config file can ask for."""

from cutmix_tf.mixing._ablations import CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, OneHotTarget
from cutmix_tf.mixing._attentive_cutmix import AttentiveCutMix
from cutmix_tf.mixing._cutmix import CutMix
from cutmix_tf.mixing._cutout import Cutout
from cutmix_tf.mixing._feature_cutmix import FeatureCutMix
from cutmix_tf.mixing._fmix import FMix
from cutmix_tf.mixing._grid_mix import GridMix
from cutmix_tf.mixing._hide_and_seek import HideAndSeek
from cutmix_tf.mixing._manifold_mixup import ManifoldMixUp
from cutmix_tf.mixing._mixup import MixUp
from cutmix_tf.mixing._mosaic import Mosaic
from cutmix_tf.mixing._object_aware import ObjectAware
from cutmix_tf.mixing._one_of import OneOf
from cutmix_tf.mixing._planner import Planner
from cutmix_tf.mixing._random_erasing import RandomErasing
from cutmix_tf.mixing._resize_mix import ResizeMix
from cutmix_tf.mixing._saliency_mix import SaliencyMix

_OF_IMAGES = (
    *(AttentiveCutMix, CutMix, Cutout, FMix, GridMix, HideAndSeek, MixUp, ObjectAware, OneOf, RandomErasing, ResizeMix),
    *(Mosaic, SaliencyMix),
)
_OF_FEATURES = (FeatureCutMix, ManifoldMixUp)
_ABLATIONS = (CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, OneHotTarget)

MIXERS: dict[str, type[Planner]] = {mixer.__name__: mixer for mixer in (*_OF_IMAGES, *_OF_FEATURES, *_ABLATIONS)}
"""Every method by the name of its class, those of images and those of features alike."""
