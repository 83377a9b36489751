"""Altered images, and what a classifier makes of them: attacks, corruptions, occlusion, images between two classes."""

from cutmix_tf.evaluation.perturbations._attacks import fgsm as fgsm
from cutmix_tf.evaluation.perturbations._attacks import pgd as pgd
from cutmix_tf.evaluation.perturbations._corruptions import CORRUPTIONS as CORRUPTIONS
from cutmix_tf.evaluation.perturbations._corruptions import corrupt as corrupt
from cutmix_tf.evaluation.perturbations._in_between import in_between as in_between
from cutmix_tf.evaluation.perturbations._in_between import sample_pairs as sample_pairs
from cutmix_tf.evaluation.perturbations._noise import noise as noise
from cutmix_tf.evaluation.perturbations._occlusion import occlude as occlude
