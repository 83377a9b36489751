"""The words of captions, cleaned, counted and numbered."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import keras
import tensorflow as tf

FILL, UNKNOWN, START, END = "", "[UNK]", "<start>", "<end>"
FILL_ID, UNKNOWN_ID, START_ID, END_ID = range(4)


def clean(caption: str) -> str:
    """A caption in lower case and without punctuation, one space between words; "" if no word is left."""
    return " ".join(re.sub(r"[^\w\s]", "", caption.lower()).split())


class Vocabulary:
    """Words by number: 0 fills, 1 is any unknown word, 2 comes before a caption and 3 behind it; then come the words.

    Args:
      words: Each once, of cleaned captions.

    Raises:
      ValueError: if there are none.
    """

    def __init__(self, words: Sequence[str]):
        if not words:
            raise ValueError("A vocabulary needs at least one word; got none.")
        self.words = tuple(words)
        self._look_up = keras.layers.StringLookup(
            vocabulary=[START, END, *self.words], mask_token=FILL, oov_token=UNKNOWN
        )

    @classmethod
    def of(cls, captions: Iterable[str], size: int) -> "Vocabulary":
        """The most frequent words of cleaned captions, `size` at most; equally frequent ones by the alphabet."""
        counts = Counter(word for caption in captions for word in caption.split())
        return cls(sorted(counts, key=lambda word: (-counts[word], word))[:size])

    def __len__(self) -> int:
        """How many numbers there are, the four special ones included."""
        return len(self.words) + 4

    def encode(self, caption: tf.Tensor, longest: int) -> tuple[tf.Tensor, tf.Tensor]:
        """What a decoder gets and what it is to say, each int32 (n + 1,), n words at most `longest`.

        It gets the start and the words; it is to say the words and the end. An unknown word is given as such, and
        nothing is to be said in its place (0); nor is an end behind a caption that was cut.

        Args:
          caption: A cleaned one, a string scalar.
          longest: Words that are kept.
        """
        every = tf.cast(self._look_up(tf.strings.split(caption)), tf.int32)
        words = every[:longest]
        said = tf.where(words == UNKNOWN_ID, FILL_ID, words)
        end = tf.where(tf.size(every) > longest, FILL_ID, END_ID)
        return tf.concat([[START_ID], words], axis=0), tf.concat([said, [end]], axis=0)

    def decode(self, numbers: Iterable[int]) -> str:
        """The caption that these words make; special numbers are left out."""
        return " ".join(self.words[number - 4] for number in numbers if number >= 4)
