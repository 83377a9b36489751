"""NIC, a captioner: an LSTM whose first input is the image; and how it is used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf.runs import config_from_json, final_model, read_json, read_settings
from cutmix_tf.transfer._backbone import freeze, trunk
from cutmix_tf.transfer._beam_search import beam_search
from cutmix_tf.transfer._captioning_config import CaptioningConfig
from cutmix_tf.transfer._examples import on_canvases
from cutmix_tf.transfer._files import CaptioningFiles
from cutmix_tf.transfer._vocabulary import END_ID, FILL_ID, START_ID, UNKNOWN_ID, Vocabulary


def build_captioner(backbone: keras.Model, config: CaptioningConfig, num_words: int) -> keras.Model:
    """A captioning model on a copy of a classifier's layers, with the classifier's weights.

    The mean of the last feature map, standardized over the batch and projected, is the first input of an LSTM; the
    words before, as vectors, are the others. Logits of the next word come from each of its outputs but the first. The
    paper doesn't standardize: without it, features of small models vary so little that the LSTM learns the grammar long
    before it looks at the image.

    Args:
      backbone: A functional model from pixels to anything.
      config: For image size, units, dropout, and what of the backbone is frozen.
      num_words: Length of the vocabulary.

    Returns:
      A model from {"images": float32 (batch, *image_size, 3), pixels in [0, 255]; "words": int32 (batch, n)} to logits
      (batch, n, num_words).

    Raises:
      TypeError, ValueError: if the backbone is not functional or has no feature maps.

    Reference:
      Vinyals et al., "Show and Tell: A Neural Image Caption Generator", CVPR 2015, https://arxiv.org/abs/1411.4555,
      section 3.1.
    """
    encoder = trunk(backbone, config.image_size)
    freeze(encoder, config.frozen)
    layers, units = keras.layers, config.units
    images = keras.Input((*config.image_size, 3), name="images")
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pooled")(encoder(images))
    x = layers.BatchNormalization(name="standardized")(x)
    x = layers.Dense(units, name="image_vector")(x)
    x = layers.Reshape((1, units), name="first_input")(x)
    x = layers.Concatenate(axis=1, name="inputs")([x, layers.Embedding(num_words, units, name="word_vectors")(words)])
    x = layers.Dropout(config.dropout, name="dropped_inputs")(x)
    x, *_ = layers.LSTM(units, return_sequences=True, return_state=True, name="decoder")(x)
    x = layers.Cropping1D((1, 0), name="outputs")(x)
    x = layers.Dropout(config.dropout, name="dropped_outputs")(x)
    x = layers.Dense(num_words, dtype="float32", name="next_word")(x)
    return keras.Model({"images": images, "words": words}, x, name="captioner")


class Captioner:
    """Writes captions of images.

    Args:
      model: From `build_captioner`, trained.
      vocabulary: Its words.
      longest: Words of a caption at most.
      beam: How many unfinished captions are pursued at a time.

    Attributes:
      image_size: Height and width of the canvas on which images are placed.
    """

    def __init__(self, model: keras.Model, vocabulary: Vocabulary, *, longest: int = 20, beam: int = 3):
        self.model, self.vocabulary, self.longest, self.beam = model, vocabulary, longest, beam
        self.image_size: tuple[int, int] = tuple(model.input["images"].shape[1:3])
        self._to_vector = keras.Model(model.input["images"], model.get_layer("image_vector").output)
        parts = ("word_vectors", "decoder", "next_word")
        self._word_vectors, self._decoder, self._next_word = map(model.get_layer, parts)
        self._begin = tf.function(self._begun, autograph=False, reduce_retracing=True)
        self._go_on = tf.function(self._gone_on, autograph=False, reduce_retracing=True)

    def describe(self, images: Sequence[np.ndarray] | np.ndarray) -> list[str]:
        """A caption of each image: known words in lower case, without punctuation.

        Args:
          images: Of any sizes, each (height, width, 3), any number dtype, pixels in [0, 255].

        Raises:
          ValueError: if there is no image, or one has another shape.
        """
        return self.describe_placed(on_canvases(images, self.image_size)[0])

    def describe_placed(self, images: tf.Tensor) -> list[str]:
        """The same for images that lie on their canvases already: float32 (batch, *image_size, 3)."""
        limits = {"start": START_ID, "end": END_ID, "width": self.beam, "longest": self.longest}
        found, _ = beam_search(self._step, [state.numpy() for state in self._begin(images)], **limits)
        return [self.vocabulary.decode(words) for words in found]

    def _step(self, words: np.ndarray, states: Any):
        log_probs, *states = self._go_on(tf.constant(words, tf.int32), *map(tf.constant, states))
        return log_probs.numpy(), [state.numpy() for state in states]

    def _begun(self, images):
        vectors = self._to_vector(images, training=False)
        return self._decoder(vectors[:, None], training=False)[1:]

    def _gone_on(self, words, *states):
        vectors = self._word_vectors(words[:, None])
        x, *states = self._decoder(vectors, initial_state=list(states), training=False)
        unsaid = tf.reduce_sum(tf.one_hot([FILL_ID, UNKNOWN_ID, START_ID], len(self.vocabulary)), axis=0)
        logits = tf.where(unsaid > 0, -np.inf, self._next_word(x[:, 0]))
        return tf.nn.log_softmax(logits), *states


def load_captioner(run: str | Path) -> Captioner:
    """The captioner of a finished captioning run, with the run's limits.

    Raises:
      FileNotFoundError: if the folder is not a run, or the run has not finished.
      ValueError: if a file is damaged.
    """
    file = final_model(run)
    config = config_from_json(CaptioningConfig, read_settings(run))
    words = read_json(CaptioningFiles(Path(run)).words)["words"]
    model = keras.saving.load_model(file, compile=False)
    return Captioner(model, Vocabulary(words), longest=config.longest, beam=config.beam)
