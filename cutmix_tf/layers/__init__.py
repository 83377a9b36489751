"""Regularizing layers of the models that CutMix is compared with, for every Keras backend."""

from cutmix_tf.layers._drop_block import DropBlock as DropBlock
from cutmix_tf.layers._schedule import LinearDropSchedule as LinearDropSchedule
from cutmix_tf.layers._shake_drop import ShakeDrop as ShakeDrop
from cutmix_tf.layers._stochastic_depth import DropRule as DropRule
from cutmix_tf.layers._stochastic_depth import StochasticDepth as StochasticDepth
from cutmix_tf.layers._stochastic_depth import unit_drop_rate as unit_drop_rate
