"""Splits that are read from disk as they are used."""

import abc
import dataclasses
import functools
import hashlib
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf.datasets._splits import Hold, ObjectBoxes, Split, as_places, places_of_classes


@dataclasses.dataclass(frozen=True, eq=False)
class StreamSplit(Split):
    """Images of any size, read anew in each epoch, still encoded.

    A subclass implements `__len__`, `fingerprint` and `read`; the other methods have defaults.
    """

    random_access = False

    @abc.abstractmethod
    def read(self, seed: Any = None) -> tf.data.Dataset:
        """One epoch, example by example.

        Args:
          seed: Two integers, of which alone the order is a function; None for the order of storage.

        Returns:
          (encoded image, label, place): string, int32 and int64 scalars.
        """

    @property
    def image_size(self) -> tuple[int, int] | None:
        """None, since reading all images would be needed to know."""
        return None

    def object_boxes(self) -> ObjectBoxes | None:
        """None: no boxes are known."""
        return None

    def select(self, places: Any) -> "StreamSplit":
        """The examples at these places. All are read, and the others dropped. See `Split.select`."""
        places = as_places(places, len(self))
        return _Selection(self, places, attention=None if self.attention is None else self.attention[places])

    def of_classes(self, first: int, stop: int) -> "StreamSplit":
        """The examples of these classes. Reads all of them once, for their labels. See `Split.of_classes`."""
        labels = np.fromiter((label for _, label, _ in self.read().as_numpy_iterator()), np.int32, len(self))
        places = places_of_classes(labels, first, stop)
        attention = None if self.attention is None else self.attention[places]
        return _Selection(self, places, first, attention=attention)

    def batches(self, batch_size: int, seed: Any = None) -> tf.data.Dataset:
        """One epoch of encoded images. See `Split.batches`."""
        check_whole("batch_size", batch_size, low=1)
        examples = self.read(seed).apply(tf.data.experimental.assert_cardinality(len(self)))
        maps = [] if self.attention is None else [tf.constant(self.attention)]
        return examples.batch(batch_size).map(
            lambda images, labels, places: (images, labels, *(tf.gather(array, places) for array in maps))
        )

    def shared_batches(self, batch_size: int, seed: Any, steps: range, hold: Hold) -> tf.data.Dataset:
        """Batches of whatever share of the files a process is given. See `Split.shared_batches`."""
        maps = self._held_attention(hold)

        def with_maps(images, labels, places):
            return images, labels, *(tf.gather(array(), places) for array in maps)

        numbers = tf.data.Dataset.range(tf.int64.max)  # divided as the files are, so that no two processes share one
        return tf.data.Dataset.zip((numbers, self.read(seed).batch(batch_size).map(with_maps)))


@dataclasses.dataclass(frozen=True, eq=False)
class _Selection(StreamSplit):
    """Some examples of a stream, with labels that are counted from `first_label`."""

    whole: StreamSplit
    places: np.ndarray
    first_label: int = 0

    def __len__(self) -> int:
        return len(self.places)

    @functools.cached_property
    def fingerprint(self) -> str:
        relabeled = f" labels from {self.first_label}" if self.first_label else ""
        return hashlib.sha256(f"{self.whole.fingerprint} {self.places.tolist()}{relabeled}".encode()).hexdigest()

    @property
    def image_size(self) -> tuple[int, int] | None:
        return self.whole.image_size

    def object_boxes(self) -> ObjectBoxes | None:
        found = self.whole.object_boxes()
        return found and ObjectBoxes(*(part[self.places] for part in found))

    def read(self, seed: Any = None) -> tf.data.Dataset:
        number_of_place = np.full(len(self.whole), -1)
        number_of_place[self.places] = np.arange(len(self))
        table = tf.constant(number_of_place)
        renumbered = self.whole.read(seed).map(
            lambda image, label, place: (image, label - self.first_label, table[place])
        )
        return renumbered.filter(lambda *example: example[2] >= 0)
