"""Beam search against all sequences of a tiny vocabulary, and against the likeliest word each time."""

import itertools

import numpy as np
import pytest

from cutmix_tf.transfer import beam_search

START, END, WORDS = 4, 0, 4


def log_probs_after(row, history, seed=0):
    """Of the next word, by a table that depends on the row and on all words before."""
    draw = np.random.default_rng([seed, row, len(history), *history])
    logits = 2 * draw.normal(size=WORDS)
    return logits - np.log(np.exp(logits).sum())


def step(words, states):
    """A model whose state is its row and the words so far, filled with -1."""
    rows, histories = states
    filled = [[word for word in history if word >= 0] for history in histories]
    filled = [[*history, word] if word != START else [] for history, word in zip(filled, words.tolist(), strict=True)]
    log_probs = [log_probs_after(int(row), history) for row, history in zip(rows, filled, strict=True)]
    padded = [[*history, *[-1] * (8 - len(history))] for history in filled]
    return np.array(log_probs), [rows, np.array(padded)]


def states_of(rows):
    return [np.array(rows), np.full((len(rows), 8), -1)]


def score(row, words):
    """Of a sequence with its end."""
    return sum(log_probs_after(row, words[:place])[word] for place, word in enumerate([*words, END]))


def best_of_all(row, longest):
    known = range(1, WORDS)
    every = [list(words) for length in range(longest + 1) for words in itertools.product(known, repeat=length)]
    return max(every, key=lambda words: score(row, words))


@pytest.mark.parametrize("longest", [1, 2, 4])
def test_a_wide_search_finds_the_best_of_all_sequences(longest):
    rows = [3, 5, 8, 11]
    found, scores = beam_search(step, states_of(rows), start=START, end=END, width=WORDS**4, longest=longest)
    assert found == [best_of_all(row, longest) for row in rows]
    np.testing.assert_allclose(scores, [score(row, words) for row, words in zip(rows, found, strict=True)])


def test_a_width_of_one_takes_the_likeliest_word_each_time():
    rows, longest = list(range(30)), 4
    found, scores = beam_search(step, states_of(rows), start=START, end=END, width=1, longest=longest)
    for row, words, each in zip(rows, found, scores, strict=True):
        greedy = []
        while len(greedy) < longest and (word := int(np.argmax(log_probs_after(row, greedy)))) != END:
            greedy.append(word)
        assert words == greedy
        assert each == pytest.approx(score(row, greedy))
    best = [score(row, best_of_all(row, longest)) for row in rows]
    assert np.sum(scores < np.array(best) - 1e-9) > 3  # greedy is not exact, so that the test above shows something


def test_a_narrow_search_scores_what_it_returns_and_is_better_than_greedy():
    rows = list(range(40))
    options = {"start": START, "end": END, "longest": 4}
    greedy, some = (beam_search(step, states_of(rows), width=width, **options)[1] for width in (1, 3))
    found, _ = beam_search(step, states_of(rows), width=3, **options)
    np.testing.assert_allclose(some, [score(row, words) for row, words in zip(rows, found, strict=True)])
    assert some.mean() > greedy.mean()


def test_rows_do_not_see_each_other():
    options = {"start": START, "end": END, "width": 3, "longest": 4}
    together, _ = beam_search(step, states_of([1, 2, 7]), **options)
    assert together == [beam_search(step, states_of([row]), **options)[0][0] for row in (1, 2, 7)]
