"""Datasets by name, and the splits they are made of."""

from cutmix_tf.datasets._array_split import ArraySplit as ArraySplit
from cutmix_tf.datasets._bad_examples import BadExample as BadExample
from cutmix_tf.datasets._bad_examples import BadExamples as BadExamples
from cutmix_tf.datasets._catalogue import FACTS as FACTS
from cutmix_tf.datasets._catalogue import find_bad_examples as find_bad_examples
from cutmix_tf.datasets._catalogue import load as load
from cutmix_tf.datasets._decode import decode as decode
from cutmix_tf.datasets._decode import decode_part as decode_part
from cutmix_tf.datasets._image_set import ImageSet as ImageSet
from cutmix_tf.datasets._splits import Split as Split
from cutmix_tf.datasets._stream_split import StreamSplit as StreamSplit
