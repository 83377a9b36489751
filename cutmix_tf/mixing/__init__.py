"""Mixed-sample augmentation as tf.data functions: plans, and the mixers that draw them."""

from cutmix_tf.mixing._ablations import CenterGaussianCutMix as CenterGaussianCutMix
from cutmix_tf.mixing._ablations import CompleteLabel as CompleteLabel
from cutmix_tf.mixing._ablations import FixedSizeCutMix as FixedSizeCutMix
from cutmix_tf.mixing._ablations import OneHotTarget as OneHotTarget
from cutmix_tf.mixing._attentive_cutmix import AttentiveCutMix as AttentiveCutMix
from cutmix_tf.mixing._attentive_cutmix import top_cells as top_cells
from cutmix_tf.mixing._cutmix import CutMix as CutMix
from cutmix_tf.mixing._cutout import Cutout as Cutout
from cutmix_tf.mixing._dataset import mix as mix
from cutmix_tf.mixing._hidden import FeatureCutMix as FeatureCutMix
from cutmix_tf.mixing._hidden import HiddenMixer as HiddenMixer
from cutmix_tf.mixing._hidden import ManifoldMixUp as ManifoldMixUp
from cutmix_tf.mixing._hide_and_seek import HideAndSeek as HideAndSeek
from cutmix_tf.mixing._mixer import Mixer as Mixer
from cutmix_tf.mixing._mixup import MixUp as MixUp
from cutmix_tf.mixing._one_of import OneOf as OneOf
from cutmix_tf.mixing._plan import Canvas as Canvas
from cutmix_tf.mixing._plan import Plan as Plan
from cutmix_tf.mixing._plan import apply_plan as apply_plan
from cutmix_tf.mixing._plan import own_weight as own_weight
from cutmix_tf.mixing._random_erasing import RandomErasing as RandomErasing
from cutmix_tf.mixing._schedule import MixSchedule as MixSchedule
from cutmix_tf.mixing._schedule import check_points as check_points
from cutmix_tf.mixing._table import MIXERS as MIXERS
