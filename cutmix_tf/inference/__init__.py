"""A trained model as something to use: images of any size in, names and probabilities out."""

from cutmix_tf.inference._classifier import Classifier as Classifier
from cutmix_tf.inference._predictions import Predictions as Predictions
