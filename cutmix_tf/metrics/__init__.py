"""Metrics that understand mixed targets."""

from cutmix_tf.metrics._accuracy import MixedAccuracy as MixedAccuracy
from cutmix_tf.metrics._accuracy import MixedTopKAccuracy as MixedTopKAccuracy
