"""Words: cleaned, counted, numbered; captions that are cut, and words that are unknown."""

import pytest
import tensorflow as tf

from cutmix_tf.transfer import Vocabulary
from cutmix_tf.transfer._vocabulary import clean

CAPTIONS = ["a red star", "a red ring", "a blue star", "a star"]


def test_captions_are_cleaned():
    assert clean("  A man's   RED-hat, (über) 2 dogs! ") == "a mans redhat über 2 dogs"
    assert clean(" ?! ") == ""


def test_words_are_the_most_frequent_ones():
    assert Vocabulary.of(CAPTIONS, 10).words == ("a", "star", "red", "blue", "ring")
    assert Vocabulary.of(CAPTIONS, 2).words == ("a", "star")
    with pytest.raises(ValueError, match="at least one word"):
        Vocabulary.of([], 3)


@pytest.mark.parametrize(
    ("caption", "longest", "words", "said"),
    [
        ("a red star", 3, [2, 4, 6, 5], [4, 6, 5, 3]),
        ("a red star", 2, [2, 4, 6], [4, 6, 0]),  # cut: no end is learned
        ("a pink star", 5, [2, 4, 1, 5], [4, 0, 5, 3]),  # unknown: given as such, not to be said
    ],
)
def test_what_a_decoder_gets_and_is_to_say(caption, longest, words, said):
    vocabulary = Vocabulary.of(CAPTIONS, 10)
    found = tf.function(vocabulary.encode)(tf.constant(caption), longest)
    assert [part.numpy().tolist() for part in found] == [words, said]
    assert [part.dtype for part in found] == [tf.int32] * 2


def test_decoding_gives_the_words_back():
    vocabulary = Vocabulary.of(CAPTIONS, 10)
    assert vocabulary.decode([4, 7, 5, 3, 0]) == "a blue star"
    assert len(vocabulary) == 9
