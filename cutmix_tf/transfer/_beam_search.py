"""Beam search: the likeliest sequence of words, as far as a few unfinished ones at a time show it."""

from collections.abc import Callable, Sequence

import numpy as np

States = Sequence[np.ndarray]
Step = Callable[[np.ndarray, States], tuple[np.ndarray, States]]
"""From the last word of n sequences, int (n,), and their states, arrays (n, …), to the log-probabilities of the next
word, (n, words), and the next states."""


def beam_search(
    step: Step, states: States, *, start: int, end: int, width: int, longest: int
) -> tuple[list[list[int]], np.ndarray]:
    """The likeliest sequences that were found, one for each row of the states.

    The `width` likeliest beginnings are kept in each step, finished or not; there is no bonus for length. With a width
    of 1 the likeliest word is taken each time; with one of all sequences the result is exact.

    Args:
      step: The language model.
      states: Arrays (rows, …), before the first word.
      start: What the model gets as the word before the first one.
      end: The word that ends a sequence, which all do.
      width: How many beginnings are kept, at least 1.
      longest: Words of a sequence at most, its end not counted.

    Returns:
      The words of the best sequence of each row, without start and end, and its log-probability with the end's.
    """
    rows = len(states[0])
    words, scores = np.zeros((rows, 1, 0), np.int64), np.zeros((rows, 1))
    last, done = np.full((rows, 1), start), np.zeros((rows, 1), bool)
    across = np.arange(rows)[:, None]
    for length in range(longest + 1):
        beams = last.shape[1]
        log_probs, states = step(last.reshape(-1), states)
        log_probs = np.array(log_probs, np.float64).reshape(rows, beams, -1)
        _allow_only(end, log_probs, done, is_last=length == longest)
        totals = (scores[..., None] + log_probs).reshape(rows, -1)
        best = np.argsort(-totals, axis=1, kind="stable")[:, :width]
        parents, last = np.divmod(best, log_probs.shape[2])
        scores = np.take_along_axis(totals, best, axis=1)
        words = np.concatenate([words[across, parents], last[..., None]], axis=2)
        states = [_chosen(np.asarray(state), beams, across, parents) for state in states]
        done = last == end
        if done.all():
            break
    return [_up_to(end, found) for found in words[:, 0].tolist()], scores[:, 0]


def _allow_only(end: int, log_probs: np.ndarray, done: np.ndarray, *, is_last: bool) -> None:
    """Forbids all but the end in the last step, and whatever follows an end but ends that cost nothing."""
    ended = log_probs[..., end].copy()
    log_probs[done | is_last] = -np.inf
    log_probs[..., end] = np.where(done, 0.0, ended)


def _chosen(state: np.ndarray, beams: int, across: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """The state of each beginning that was kept: (rows · width, …)."""
    kept = state.reshape(-1, beams, *state.shape[1:])[across, parents]
    return kept.reshape(-1, *state.shape[1:])


def _up_to(end: int, words: list[int]) -> list[int]:
    return words[: words.index(end)]
