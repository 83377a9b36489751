"""What a loaded dataset is: splits, and what is known of them."""

import dataclasses
import hashlib
from collections.abc import Mapping

import numpy as np

from cutmix_tf._checks import as_span
from cutmix_tf.datasets._array_split import ArraySplit
from cutmix_tf.datasets._splits import Split


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """A classification dataset.

    Attributes:
      name: The name it was loaded by.
      class_names: A name for each class; a label is a position here.
      mean: Of each channel, in pixel units from 0 to 255.
      std: Of each channel, in pixel units.
      splits: Those of "train", "validation" and "test" that there are.

    Raises:
      ValueError: if a label in memory is not a position in `class_names`.
    """

    name: str
    class_names: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    splits: Mapping[str, Split]

    def __post_init__(self):
        for name, split in self.splits.items():
            if isinstance(split, ArraySplit):
                self._check_labels(name, split.labels)

    def _check_labels(self, split: str, labels: np.ndarray) -> None:
        wrong = np.flatnonzero((labels < 0) | (labels >= self.num_classes))
        if wrong.size:
            raise ValueError(
                f"Labels of {self.name} must be in [0, {self.num_classes}); got {labels[wrong[0]]} at index "
                f"{wrong[0]} of split {split!r} ({wrong.size} such labels). Prepare the dataset again."
            )

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Digests of the class names and of each split, to store with what is made of the data."""
        names = hashlib.sha256("\n".join(self.class_names).encode()).hexdigest()
        return {"class_names": names} | {name: split.fingerprint for name, split in self.splits.items()}

    @property
    def train(self) -> Split:
        """The training examples. Raises ValueError if the dataset has none."""
        return self._split("train")

    @property
    def validation(self) -> Split:
        """The examples that the best epoch is chosen on. Raises ValueError if no validation split was asked for."""
        return self._split("validation")

    @property
    def test(self) -> Split:
        """The examples to test on. Raises ValueError if there are none."""
        return self._split("test")

    def with_attention(self, maps: np.ndarray) -> "ImageSet":
        """The same dataset with attention maps for its training images, uint8 (n, rows, columns), in order."""
        return dataclasses.replace(self, splits={**self.splits, "train": self.train.with_attention(maps)})

    def of_classes(self, classes: tuple[int, int]) -> "ImageSet":
        """Some of the classes, with their images alone; labels then start at 0.

        Args:
          classes: The first class and the one after the last.

        Raises:
          TypeError: if they are not whole numbers.
          ValueError: if they are out of range, or a split has no image of them.
        """
        first, stop = as_span("classes", classes, high=self.num_classes)
        splits = {name: split.of_classes(first, stop) for name, split in self.splits.items()}
        return dataclasses.replace(self, class_names=self.class_names[first:stop], splits=splits)

    def _split(self, name: str) -> Split:
        if name not in self.splits:
            raise ValueError(
                f"A {name} split is needed; {self.name} was loaded with {' and '.join(self.splits)} only. Use another "
                f"dataset, or load it with {name}_split."
            )
        return self.splits[name]
