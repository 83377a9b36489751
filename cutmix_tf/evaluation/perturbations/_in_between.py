"""Images between two classes, by blending or by pasting (CutMix paper, Figure 5b and appendix)."""

import numpy as np

from cutmix_tf._checks import check_choice, check_number, check_whole
from cutmix_tf.evaluation._batches import BATCH
from cutmix_tf.evaluation._model import EvaluatedModel
from cutmix_tf.evaluation.metrics import TwoClassScores, two_class_scores
from cutmix_tf.evaluation.perturbations._occlusion import SHARES, centered_square

KINDS = ("mixup", "cutmix")


def sample_pairs(labels: np.ndarray, count: int | None = None, seed: int = 0) -> np.ndarray:
    """Samples pairs of examples of different classes: the indices of the first and the second ones, int64 (2, count).

    The paper takes 50,000 pairs and doesn't say whether both may be of the same class.

    Args:
      labels: int (n,), of at least two classes.
      count: The number of pairs; None for n. Each example comes first in at most ⌈count / n⌉ pairs.
      seed: At least 0.

    Raises:
      ValueError: if there is only one class, or count or seed is out of range.
    """
    check_whole("seed", seed, low=0)
    labels = np.asarray(labels)
    if len(np.unique(labels)) < 2:
        raise ValueError(f"Images between classes need examples of two classes; got only class {labels[:1]}.")
    count = len(labels) if count is None else count
    check_whole("count", count, low=1)
    draw = np.random.Generator(np.random.Philox(int(seed)))
    firsts = np.concatenate([draw.permutation(len(labels)) for _ in range(-(-count // len(labels)))])[:count]
    seconds = draw.integers(len(labels), size=count)
    while (same := labels[firsts] == labels[seconds]).any():
        seconds[same] = draw.integers(len(labels), size=same.sum())
    return np.stack([firsts, seconds])


def in_between(images: np.ndarray, others: np.ndarray, share: float, kind: str) -> np.ndarray:
    """Images between two: float32 (n, height, width, 3), `images` at share 0 and `others` at share 1.

    Args:
      images: (n, height, width, 3), pixels in [0, 255].
      others: Of the same shape.
      share: For "mixup" the weight of `others`, 1 − λ in the paper; for "cutmix" the side of the pasted square as a
        fraction of the image's, s / 224.
      kind: "mixup" blends; "cutmix" pastes the center of the other image rather than a random box.

    Raises:
      ValueError, TypeError: if the share is not in [0, 1], or there is no such kind.
    """
    check_choice("kind", kind, KINDS)
    check_number("share", share, low=0, high=1)
    images, others = np.asarray(images, np.float32), np.asarray(others, np.float32)
    if kind == "mixup":
        return (1 - np.float32(share)) * images + np.float32(share) * others
    return np.where(centered_square(images.shape[1], images.shape[2], share)[:, :, None], others, images)


def in_between_curve(
    model: EvaluatedModel, images: np.ndarray, labels: np.ndarray, pairs: np.ndarray, kind: str, shares=SHARES
) -> list[TwoClassScores]:
    """The scores at each share.

    Args:
      model: The tested model.
      images: (n, height, width, 3), pixels in [0, 255].
      labels: int (n,).
      pairs: As returned by `sample_pairs`.
      kind: As for `in_between`.
      shares: As for `in_between`.
    """
    firsts, seconds = pairs
    curve = []
    for share in shares:
        logits = [
            model.logits(in_between(images[some], images[others], share, kind))
            for some, others in zip(_parts(firsts), _parts(seconds), strict=True)
        ]
        curve.append(two_class_scores(np.concatenate(logits), labels[firsts], labels[seconds]))
    return curve


def _parts(places: np.ndarray) -> list[np.ndarray]:
    """A few thousand at a time, since the images in between are floats, four times as large as their sources."""
    return [places[first : first + 16 * BATCH] for first in range(0, len(places), 16 * BATCH)]
