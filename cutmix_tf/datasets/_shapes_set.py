"""The built-in set, painted when it is loaded."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf.datasets._array_split import ArraySplit
from cutmix_tf.datasets._bad_examples import BadExample
from cutmix_tf.datasets._outlines import CLASS_NAMES
from cutmix_tf.datasets._shapes import make_shapes
from cutmix_tf.datasets._slices import Part
from cutmix_tf.datasets._stored_set import StoredSet

SEEDS = {"train": 1, "test": 2}


class ShapesSet(StoredSet):
    """1,000 images to train on and as many to test on."""

    class_names = CLASS_NAMES
    counts = dict.fromkeys(SEEDS, 1000)

    def find_bad(self, parts: Sequence[Part]) -> tuple[BadExample, ...]:
        """None."""
        return ()

    def read(self, parts: Sequence[Part], *, skip: bool) -> ArraySplit:
        """The images, with their boxes and masks."""
        painted = [make_shapes(self.counts[part.source], seed=SEEDS[part.source]) for part in parts]
        sliced = [
            [array[part.start : part.stop] for array in arrays] for part, arrays in zip(parts, painted, strict=True)
        ]
        return ArraySplit(*map(np.concatenate, zip(*sliced, strict=True)))
