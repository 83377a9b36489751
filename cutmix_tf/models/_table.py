"""The networks by name: what a command line or a config file may ask for."""

from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._densenet import DENSENETS
from cutmix_tf.models._efficientnet import EFFICIENTNETS
from cutmix_tf.models._pyramidnet import PYRAMIDNETS
from cutmix_tf.models._resnet import RESNETS
from cutmix_tf.models._vgg import VGGS
from cutmix_tf.models._wide_resnet import WIDE_RESNETS

MODELS: dict[str, Architecture] = {**RESNETS, **PYRAMIDNETS, **WIDE_RESNETS, **DENSENETS, **EFFICIENTNETS, **VGGS}
