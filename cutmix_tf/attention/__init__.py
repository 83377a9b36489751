"""Where classifiers look: teachers, their heat maps, and the cache of a training set's maps."""

from cutmix_tf.attention._cache import cache_path as cache_path
from cutmix_tf.attention._cache import cached_maps as cached_maps
from cutmix_tf.attention._source import APPLICATIONS as APPLICATIONS
from cutmix_tf.attention._teacher import Teacher as Teacher
