"""Models by name, as functional Keras models that return logits; their heads, and normalization in front of them."""

from cutmix_tf.models._architecture import Architecture as Architecture
from cutmix_tf.models._build import Stem as Stem
from cutmix_tf.models._build import build as build
from cutmix_tf.models._graph import cuts as cuts
from cutmix_tf.models._graph import feature_maps as feature_maps
from cutmix_tf.models._head import Head as Head
from cutmix_tf.models._head import class_activation_maps as class_activation_maps
from cutmix_tf.models._head import find_head as find_head
from cutmix_tf.models._head import has_head as has_head
from cutmix_tf.models._normalization import with_normalization as with_normalization
from cutmix_tf.models._options import BuilderOptions as BuilderOptions
from cutmix_tf.models._options import LastStride as LastStride
from cutmix_tf.models._regularizer import REGULARIZERS as REGULARIZERS
from cutmix_tf.models._regularizer import Regularizer as Regularizer
from cutmix_tf.models._regularizer import WithDropBlock as WithDropBlock
from cutmix_tf.models._regularizer import WithShakeDrop as WithShakeDrop
from cutmix_tf.models._regularizer import WithStochasticDepth as WithStochasticDepth
from cutmix_tf.models._table import MODELS as MODELS
from cutmix_tf.models._table import architecture as architecture
from cutmix_tf.models._tapped import TappedModel as TappedModel
from cutmix_tf.models._tapped import mix_features as mix_features
