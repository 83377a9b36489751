"""Typed configs, and training that fills a run's folder."""

from cutmix_tf.training._as_text import mixer_from_text as mixer_from_text
from cutmix_tf.training._callbacks import STOPPED as STOPPED
from cutmix_tf.training._callbacks import Interrupted as Interrupted
from cutmix_tf.training._callbacks import Terminated as Terminated
from cutmix_tf.training._config import TrainConfig as TrainConfig
from cutmix_tf.training._model import base_of as base_of
from cutmix_tf.training._model import build_model as build_model
from cutmix_tf.training._prepare import Prepared as Prepared
from cutmix_tf.training._prepare import prepare as prepare
from cutmix_tf.training._replay import read_config as read_config
from cutmix_tf.training._replay import replay as replay
from cutmix_tf.training._settings import GROUPS as GROUPS
from cutmix_tf.training._train import train as train
