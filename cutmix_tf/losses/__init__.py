"""Losses that understand mixed targets."""

from cutmix_tf.losses._crossentropy import MixedCrossentropy as MixedCrossentropy
