"""BLEU against published examples and by hand."""

import math

import pytest

from cutmix_tf.transfer import bleu

GUIDE = "It is a guide to action which ensures that the military always obeys the commands of the party"
GUIDES = [
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the command of the Party",
    "It is the practical guide for the army always to heed the directions of the party",
]


def test_the_example_of_the_documentation_of_nltk():
    """Two sentences, with three references and with one: nltk's corpus_bleu gives 0.5920778868801042."""
    captions = [GUIDE, "he read the book because he was interested in world history"]
    references = [GUIDES, ["he was interested in world history because he read the book"]]
    assert bleu(captions, references)["bleu4"] == pytest.approx(59.20778868801042, abs=1e-9)
    assert bleu([GUIDE], [GUIDES])["bleu4"] == pytest.approx(50.45666840058485, abs=1e-9)


def test_words_are_counted_as_often_as_a_reference_has_them():
    """Papineni et al. (2002), section 2.1: "the" seven times has a precision of 2/7."""
    captions, references = ["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]]
    assert bleu(captions, references)["bleu1"] == pytest.approx(100 * 2 / 7)


def test_a_case_by_hand():
    """Of four words all are right, of three pairs one; the reference whose length is closest has five."""
    captions, references = ["a red star above"], [["a red ring is above a blue star", "the star is above a"]]
    brevity = math.exp(1 - 5 / 4)
    found = bleu(captions, references)
    assert found["bleu1"] == pytest.approx(100 * brevity)
    assert found["bleu2"] == pytest.approx(100 * brevity * math.sqrt(1 * 1 / 3))
    assert found["bleu3"] == found["bleu4"] == 0


def test_a_corpus_is_counted_as_a_whole():
    captions, references = ["a red star", "blue ring below"], [["a red star"], ["a blue ring below"]]
    found = bleu(captions, references)
    brevity = math.exp(1 - 7 / 6)
    assert found["bleu1"] == pytest.approx(100 * brevity)
    assert found["bleu3"] == pytest.approx(100 * brevity)
    assert found["bleu4"] == 0  # neither has four words


@pytest.mark.parametrize("references", [[], [["a"], ["b"]], [[]]])
def test_each_caption_needs_a_reference(references):
    with pytest.raises(ValueError, match="for each of them at least one reference; got 1 captions"):
        bleu(["a"], references)
