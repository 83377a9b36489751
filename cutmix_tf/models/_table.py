"""The networks by name: what a command line or a config file may ask for."""

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._resnet import RESNETS

MODELS: dict[str, Architecture] = {**RESNETS}
