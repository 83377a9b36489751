"""The built-in set, painted when it is loaded."""

import functools
from collections.abc import Sequence

import numpy as np

from cutmix_tf.datasets._array_split import ArraySplit
from cutmix_tf.datasets._bad_examples import BadExample
from cutmix_tf.datasets._outlines import CLASS_NAMES
from cutmix_tf.datasets._shapes import Shapes, make_shapes
from cutmix_tf.datasets._slices import Part
from cutmix_tf.datasets._stored_set import StoredSet

COUNT = 1000  # images in a split
SEEDS = {"train": 1, "test": 2}


class ShapesSet(StoredSet):
    """1,000 images to train on and as many to test on."""

    class_names = CLASS_NAMES
    counts = dict.fromkeys(SEEDS, COUNT)

    def find_bad(self, parts: Sequence[Part]) -> tuple[BadExample, ...]:
        """None."""
        return ()

    def read(self, parts: Sequence[Part], *, skip: bool) -> ArraySplit:
        """The images, with their boxes and masks."""
        sliced = [[array[part.start : part.stop] for array in _painted(part.source)] for part in parts]
        return ArraySplit(*map(np.concatenate, zip(*sliced, strict=True)))


@functools.cache
def _painted(split: str) -> Shapes:
    """A whole split, painted once in a process: 4 MB."""
    return make_shapes(COUNT, seed=SEEDS[split])
