"""The names that `import cutmix_tf` gives from the start; the larger parts of the package load on first use."""

from cutmix_tf import mixing as mixing
from cutmix_tf import models as models
from cutmix_tf import recipes as recipes
from cutmix_tf import targets as targets
from cutmix_tf.losses import MixedBinaryCrossentropy as MixedBinaryCrossentropy
from cutmix_tf.losses import MixedCrossentropy as MixedCrossentropy
from cutmix_tf.metrics import MixedAccuracy as MixedAccuracy
from cutmix_tf.metrics import MixedTopKAccuracy as MixedTopKAccuracy
from cutmix_tf.mixing import AttentiveCutMix as AttentiveCutMix
from cutmix_tf.mixing import CutMix as CutMix
from cutmix_tf.mixing import Cutout as Cutout
from cutmix_tf.mixing import FeatureCutMix as FeatureCutMix
from cutmix_tf.mixing import FMix as FMix
from cutmix_tf.mixing import GridMix as GridMix
from cutmix_tf.mixing import HideAndSeek as HideAndSeek
from cutmix_tf.mixing import ManifoldMixUp as ManifoldMixUp
from cutmix_tf.mixing import MixingLayer as MixingLayer
from cutmix_tf.mixing import MixUp as MixUp
from cutmix_tf.mixing import Mosaic as Mosaic
from cutmix_tf.mixing import ObjectAware as ObjectAware
from cutmix_tf.mixing import OneOf as OneOf
from cutmix_tf.mixing import RandomErasing as RandomErasing
from cutmix_tf.mixing import ResizeMix as ResizeMix
from cutmix_tf.mixing import SaliencyMix as SaliencyMix
from cutmix_tf.mixing import mix as mix
from cutmix_tf.models import TappedModel as TappedModel
