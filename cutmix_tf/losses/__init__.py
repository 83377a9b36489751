"""Losses that understand mixed targets."""

from cutmix_tf.losses._binary_crossentropy import MixedBinaryCrossentropy as MixedBinaryCrossentropy
from cutmix_tf.losses._crossentropy import MixedCrossentropy as MixedCrossentropy
