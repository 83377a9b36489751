"""A dataset as it is stored, before anybody says which parts of it are for what."""

import abc
from collections.abc import Mapping, Sequence

from cutmix_tf.datasets._bad_examples import BadExample
from cutmix_tf.datasets._slices import Part
from cutmix_tf.datasets._splits import Split


class StoredSet(abc.ABC):
    """Named splits, of which parts can be read.

    Attributes:
      class_names: A name for each class; the same whatever is read.
      counts: How many examples each stored split has, unreadable ones included.
    """

    class_names: tuple[str, ...]
    counts: Mapping[str, int]

    @abc.abstractmethod
    def find_bad(self, parts: Sequence[Part]) -> tuple[BadExample, ...]:
        """The unreadable examples of the split that these parts make up; reads everything."""

    @abc.abstractmethod
    def read(self, parts: Sequence[Part], *, skip: bool) -> Split:
        """The split that these parts make up.

        Args:
          parts: None of them empty or overlapping.
          skip: Whether all examples are read first, and unreadable ones left out.

        Raises:
          FileNotFoundError: if a file is missing.
          ValueError: if the parts are damaged or, with `skip`, nothing of them can be read.
        """
