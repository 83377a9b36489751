"""The methods by name: what a command line or a config file may ask for."""

from cutmix_tf.mixing._ablations import CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, OneHotTarget
from cutmix_tf.mixing._attentive_cutmix import AttentiveCutMix
from cutmix_tf.mixing._cutmix import CutMix
from cutmix_tf.mixing._cutout import Cutout
from cutmix_tf.mixing._hidden import FeatureCutMix, ManifoldMixUp
from cutmix_tf.mixing._hide_and_seek import HideAndSeek
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._mixup import MixUp
from cutmix_tf.mixing._one_of import OneOf
from cutmix_tf.mixing._random_erasing import RandomErasing

_METHODS = (AttentiveCutMix, CutMix, Cutout, HideAndSeek, MixUp, OneOf, RandomErasing)
_HIDDEN = (FeatureCutMix, ManifoldMixUp)
_ABLATIONS = (CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, OneHotTarget)

MIXERS: dict[str, type[Mixer]] = {mixer.__name__: mixer for mixer in (*_METHODS, *_HIDDEN, *_ABLATIONS)}
