"""Datasets by name, and the splits they are made of."""

from cutmix_tf.datasets._bad_examples import BadExample as BadExample
from cutmix_tf.datasets._catalogue import FACTS as FACTS
from cutmix_tf.datasets._catalogue import load as load
from cutmix_tf.datasets._decode import ACCURATE as ACCURATE
from cutmix_tf.datasets._decode import decode as decode
from cutmix_tf.datasets._image_set import ArraySplit as ArraySplit
from cutmix_tf.datasets._image_set import ImageSet as ImageSet
from cutmix_tf.datasets._image_set import Split as Split
from cutmix_tf.datasets._image_set import StreamSplit as StreamSplit
from cutmix_tf.datasets._image_set import steps_per_epoch as steps_per_epoch
