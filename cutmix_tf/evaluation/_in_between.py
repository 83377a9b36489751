"""Pictures between two classes, by blending and by pasting, and whether a classifier sees either (CutMix, fig. 5b)."""

from typing import NamedTuple

import numpy as np

from cutmix_tf._checks import check_choice, check_number, check_whole
from cutmix_tf.evaluation._accuracy import check_scores, softmax
from cutmix_tf.evaluation._batches import BATCH
from cutmix_tf.evaluation._network import Network
from cutmix_tf.evaluation._occlusion import SHARES, centerd_square

KINDS = ("mixup", "cutmix")


class InBetween(NamedTuple):
    """What a classifier makes of pictures between two classes, in percent.

    Attributes:
      either: How often the likeliest class is one of the two: the top-1 accuracy of the paper's appendix. 100 minus
        that is how often the prediction is neither.
      neither: The mean probability of all other classes together: the paper's figure.
    """

    either: float
    neither: float


def draw_pairs(labels: np.ndarray, count: int | None = None, seed: int = 0) -> np.ndarray:
    """Random pairs of examples of different classes, the first ones and the second ones: int64 (2, count).

    The paper takes 50,000 pairs, and doesn't say whether both may be of one class, which lies between nothing.

    Args:
      labels: int (n,), of at least two classes.
      count: How many pairs; None for one of each example. An example comes first in at most ⌈count / n⌉ pairs.
      seed: At least 0.

    Raises:
      ValueError: if there is only one class.
    """
    check_whole("seed", seed, low=0)
    labels = np.asarray(labels)
    if len(np.unique(labels)) < 2:
        raise ValueError(f"In-between pictures need examples of two classes; got only class {labels[:1]}.")
    count = len(labels) if count is None else count
    check_whole("count", count, low=1)
    draw = np.random.Generator(np.random.Philox(int(seed)))
    firsts = np.concatenate([draw.permutation(len(labels)) for _ in range(-(-count // len(labels)))])[:count]
    seconds = draw.integers(len(labels), size=count)
    while (same := labels[firsts] == labels[seconds]).any():
        seconds[same] = draw.integers(len(labels), size=same.sum())
    return np.stack([firsts, seconds])


def in_between(images: np.ndarray, others: np.ndarray, share: float, kind: str) -> np.ndarray:
    """Pictures between two: float32 (n, height, width, 3), from `images` at share 0 to `others` at share 1.

    Args:
      images: (n, height, width, 3), pixels from 0 to 255.
      others: Alike.
      share: For "mixup", of `others` in the sum, 1 − λ in the paper; for "cutmix", of the sides, s / 224.
      kind: "mixup" blends; "cutmix" pastes the center of the other picture, and no box at random.

    Raises:
      ValueError, TypeError: if the share is not in [0, 1], or there is no such kind.
    """
    check_choice("kind", kind, KINDS)
    check_number("share", share, low=0, high=1)
    images, others = np.asarray(images, np.float32), np.asarray(others, np.float32)
    if kind == "mixup":
        return (1 - np.float32(share)) * images + np.float32(share) * others
    return np.where(centerd_square(images.shape[1], images.shape[2], share)[:, :, None], others, images)


def score_in_between(logits: np.ndarray, labels: np.ndarray, other_labels: np.ndarray) -> InBetween:
    """Both metrics, from the scores (n, classes) of in-between pictures and their two labels (n,)."""
    check_scores(logits, labels)
    check_scores(logits, other_labels)
    chosen, every = logits.argmax(axis=1), np.arange(logits.shape[1])
    others = (every != labels[:, None]) & (every != other_labels[:, None])
    either = np.mean((chosen == labels) | (chosen == other_labels))
    return InBetween(100 * float(either), 100 * float(np.sum(softmax(logits) * others, axis=1).mean()))


def in_between_curve(
    network: Network, images: np.ndarray, labels: np.ndarray, pairs: np.ndarray, kind: str, shares=SHARES
) -> list[InBetween]:
    """Both metrics at each share.

    Args:
      network: What is tested.
      images: (n, height, width, 3), pixels from 0 to 255.
      labels: int (n,).
      pairs: As of `draw_pairs`.
      kind: As for `in_between`.
      shares: As for `in_between`.
    """
    firsts, seconds = pairs
    curve = []
    for share in shares:
        logits = [
            network.logits(in_between(images[some], images[others], share, kind))
            for some, others in zip(_parts(firsts), _parts(seconds), strict=True)
        ]
        curve.append(score_in_between(np.concatenate(logits), labels[firsts], labels[seconds]))
    return curve


def _parts(places: np.ndarray) -> list[np.ndarray]:
    """Few at a time: in-between pictures are floats, four times as large as their sources."""
    return [places[first : first + 16 * BATCH] for first in range(0, len(places), 16 * BATCH)]
