"""Which devices train: one, several replicas, a TPU, or several workers."""

from cutmix_tf.distribution._bfloat16 import computes_bfloat16 as computes_bfloat16
from cutmix_tf.distribution._devices import find_devices as find_devices
from cutmix_tf.distribution._protocol import Devices as Devices
from cutmix_tf.distribution._workers import lost_workers_reported as lost_workers_reported
