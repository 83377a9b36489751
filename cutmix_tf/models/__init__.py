"""Networks by name, as functional Keras models that return logits."""

from cutmix_tf.models._build import build as build
from cutmix_tf.models._regularizer import REGULARIZERS as REGULARIZERS
from cutmix_tf.models._regularizer import Regularizer as Regularizer
from cutmix_tf.models._regularizer import WithDropBlock as WithDropBlock
from cutmix_tf.models._regularizer import WithShakeDrop as WithShakeDrop
from cutmix_tf.models._regularizer import WithStochasticDepth as WithStochasticDepth
from cutmix_tf.models._table import MODELS as MODELS
from cutmix_tf.models._table import architecture as architecture
from cutmix_tf.models._tapped import TappedModel as TappedModel
from cutmix_tf.models._tapped import mix_features as mix_features
