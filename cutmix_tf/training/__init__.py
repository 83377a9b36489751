"""Typed configs, and runs that fill a folder."""

from cutmix_tf.runs._summary import measured_with as measured_with
from cutmix_tf.training._as_text import mixer_from_text as mixer_from_text
from cutmix_tf.training._callbacks import STOPPED as STOPPED
from cutmix_tf.training._config import TrainConfig as TrainConfig
from cutmix_tf.training._inputs import load_images as load_images
from cutmix_tf.training._train import Run as Run
from cutmix_tf.training._train import train as train
