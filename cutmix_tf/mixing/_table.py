"""The methods by name: what a command line or a config file may ask for."""

from cutmix_tf.mixing._attentive_cutmix import AttentiveCutMix
from cutmix_tf.mixing._cutmix import CutMix
from cutmix_tf.mixing._cutout import Cutout
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._mixup import MixUp
from cutmix_tf.mixing._one_of import OneOf

MIXERS: dict[str, type[Mixer]] = {mixer.__name__: mixer for mixer in (AttentiveCutMix, CutMix, Cutout, MixUp, OneOf)}
