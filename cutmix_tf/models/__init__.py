"""Networks by name, as functional Keras models that return logits."""

from cutmix_tf.models._build import build as build
from cutmix_tf.models._table import MODELS as MODELS
