"""Random pair targets and the scores of a model."""

import numpy as np

CLASSES = 7


def random_pairs(seed, count=16):
    """Pair targets, their own and partners' ids, the own weights, and logits."""
    draw = np.random.default_rng(seed)
    a, b = draw.integers(0, CLASSES, (2, count))
    own = draw.random(count, np.float32)
    pairs = np.stack([np.stack([a, b], 1), np.stack([own, 1 - own], 1)], 2).astype(np.float32)
    return pairs, a, b, own, draw.normal(0, 3, (count, CLASSES)).astype(np.float32)
