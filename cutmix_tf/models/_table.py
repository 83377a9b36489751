"""The models by name: what a command line or a config file may ask for."""

from cutmix_tf._checks import look_up
from cutmix_tf.models._architecture import Architecture
from cutmix_tf.models._densenet import DENSENETS
from cutmix_tf.models._efficientnet import EFFICIENTNETS
from cutmix_tf.models._pyramidnet import PYRAMIDNETS
from cutmix_tf.models._resnet import RESNETS
from cutmix_tf.models._vgg import VGGS
from cutmix_tf.models._wide_resnet import WIDE_RESNETS, wide_resnet_row

MODELS: dict[str, Architecture] = {**RESNETS, **PYRAMIDNETS, **WIDE_RESNETS, **DENSENETS, **EFFICIENTNETS, **VGGS}


def architecture(name: str) -> Architecture:
    """The model of that name: a row of `MODELS`, or any wrn{depth}_{width}.

    Raises:
      TypeError: if the name is not a string.
      ValueError: if there is no such model; the message says what is near or allowed.
    """
    if isinstance(name, str) and name not in MODELS:
        wide_resnet = wide_resnet_row(name)
        if wide_resnet is not None:
            return wide_resnet
    return look_up(name, MODELS, "model")
