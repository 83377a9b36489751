"""An independent NumPy version of the official CutMix, one image at a time, with flaws on demand.

Written from the algorithm's description (Yun et al. 2019, Algorithm A1, and the order of operations in the authors'
training code), without using any function of the package, so that agreement means something.
"""

import math

import numpy as np


def official_box(share, center_row, center_column, height, width):
    """The clipped box for a drawn λ: top, left, bottom, right, half-open."""
    side = math.sqrt(1.0 - share)
    cut_height, cut_width = int(height * side), int(width * side)
    top = min(max(center_row - cut_height // 2, 0), height)
    bottom = min(max(center_row + cut_height // 2, 0), height)
    left = min(max(center_column - cut_width // 2, 0), width)
    right = min(max(center_column + cut_width // 2, 0), width)
    return top, left, bottom, right


def official_cutmix(images, partner, share, center_row, center_column):
    """A whole batch with one λ and one box: the mixed images, the box, and λ as counted from its pixels."""
    height, width = images.shape[1:3]
    box = official_box(share, center_row, center_column, height, width)
    top, left, bottom, right = box
    mixed = images.copy()
    for index, other in enumerate(partner):
        mixed[index, top:bottom, left:right] = images[other, top:bottom, left:right]
    return mixed, box, 1.0 - (bottom - top) * (right - left) / (height * width)


FLAWS = (
    "identity",
    "unclipped area",
    "height and width swapped",
    "partner ignored in the label",
    "fractional corners",
    "through float16",
    "one box for all",
    "self-pairs",
    "prob applied twice",
    "pixels of a third image",
)


class NumpyCutMix:
    """CutMix with loops, returning pair targets; `flaw` breaks it in one of the ways listed in `FLAWS`."""

    def __init__(self, flaw=None, prob=1.0):
        self.flaw, self.prob = flaw, prob

    def __call__(self, images, labels, *, seed):
        images, labels = np.asarray(images), np.asarray(labels)
        draw = np.random.default_rng(tuple(int(part) % 2**31 for part in seed))
        count = len(images)
        shift = draw.integers(1, count) if count > 1 else 0
        partner = draw.permutation(count) if self.flaw == "self-pairs" else (np.arange(count) + shift) % count
        mixed, targets = images.copy(), np.zeros((count, 2, 2), np.float32)
        shared = self._draw_box(draw, images.shape)
        for index, other in enumerate(partner):
            box, share = shared if self.flaw == "one box for all" else self._draw_box(draw, images.shape)
            if not self._coin(draw):
                box, share = (0, 0, 0, 0), 1.0
            top, left, bottom, right = box
            if self.flaw != "identity":
                source = other if self.flaw != "pixels of a third image" else (other + 1) % count
                mixed[index, top:bottom, left:right] = images[source, top:bottom, left:right]
            other_label = labels[index] if self.flaw == "partner ignored in the label" else labels[other]
            targets[index] = [[labels[index], share], [other_label, 1 - share]]
        if self.flaw == "through float16":
            mixed = mixed.astype(np.float16).astype(images.dtype)
        return mixed, targets

    def _coin(self, draw):
        tosses = 2 if self.flaw == "prob applied twice" else 1
        return all(draw.random() < self.prob for _ in range(tosses))

    def _draw_box(self, draw, shape):
        height, width = shape[1:3]
        share = draw.random()
        if self.flaw == "height and width swapped":
            row, column = draw.integers(width), draw.integers(height)
            box = official_box(share, row, column, width, height)
            box = tuple(np.minimum(box, (height, width, height, width)).tolist())
        else:
            box = official_box(share, draw.integers(height), draw.integers(width), height, width)
        top, left, bottom, right = box
        kept = 1.0 - (bottom - top) * (right - left) / (height * width)
        if self.flaw == "unclipped area":
            kept = share
        if self.flaw == "fractional corners" and bottom > top and right > left:
            kept = 1.0 - (bottom - top - draw.random()) * (right - left - draw.random()) / (height * width)
        return box, kept
