"""Losses that understand mixed targets."""

from cutmix_tf.losses._binary_crossentropy import MixedBinaryCrossentropy as MixedBinaryCrossentropy
from cutmix_tf.losses._crossentropy import MixedCrossentropy as MixedCrossentropy
from cutmix_tf.losses._table import LossName as LossName
from cutmix_tf.losses._table import make_loss as make_loss
