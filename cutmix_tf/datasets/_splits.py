"""Splits: labeled images that come in batches, whether from memory or from disk."""

import abc
import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf.datasets._bad_examples import BadExample

Hold = Callable[[str, np.ndarray], Callable[[], tf.Tensor]]
"""Stores an array under a name, where all processes find it; gives a function that makes its tensor in a graph."""

S = TypeVar("S", bound="Split")


class ObjectBoxes(NamedTuple):
    """Where the objects are, one box for each image of a split.

    Attributes:
      boxes: int32 (n, 4): top, left, bottom, right in pixels of the stored image, half-open.
      image_sizes: int32 (n, 2), the height and width of each stored image.
    """

    boxes: np.ndarray
    image_sizes: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Split(abc.ABC):
    """Labeled images, such as the training examples of a dataset.

    Examples have places, from 0 in the order of storage. A split is never changed: methods return another one.

    Attributes:
      attention: uint8 (n, rows, columns), a map for each image, in the order of storage; or None.
      left_out: unreadable examples that are not in the split. Their places count all examples, these included.

    Raises:
      ValueError: if the split is empty, or the maps have another dtype or shape.
    """

    attention: np.ndarray | None = None
    left_out: tuple[BadExample, ...] = ()

    random_access: ClassVar[bool]
    """Whether any batch of an epoch can be made without those before it."""

    def __post_init__(self):
        if len(self) == 0:
            raise ValueError("A split needs at least one image; got none.")
        if self.attention is not None and self.attention.ndim != 3:
            raise ValueError(f"attention must be uint8 (n, rows, columns); got shape {self.attention.shape}.")
        if self.attention is not None:
            check_array("attention", self.attention, np.uint8, (len(self), *self.attention.shape[1:]))

    @abc.abstractmethod
    def __len__(self) -> int:
        """Number of examples."""

    @property
    @abc.abstractmethod
    def fingerprint(self) -> str:
        """A digest that differs between splits of different examples or in a different order."""

    @property
    @abc.abstractmethod
    def image_size(self) -> tuple[int, int] | None:
        """Height and width of all images; None if they differ, or if only reading all of them would tell."""

    @abc.abstractmethod
    def object_boxes(self) -> ObjectBoxes | None:
        """A box for each image, in the order of storage; None unless each has exactly one. May read all images."""

    @abc.abstractmethod
    def select(self, places: Any) -> "Split":
        """The examples at these places, with their attention maps, in the order of storage.

        Args:
          places: integers (k,), ascending, each once.

        Raises:
          ValueError: if they are not, or a place is outside of [0, len(self)).
        """

    @abc.abstractmethod
    def of_classes(self: S, first: int, stop: int) -> S:
        """The examples with labels from `first` to before `stop`; their labels then start at 0. May read all images.

        Raises:
          ValueError: if there are none.
        """

    @abc.abstractmethod
    def batches(self, batch_size: int, seed: Any = None) -> tf.data.Dataset:
        """One epoch: each example once, the last batch partial if they don't divide evenly.

        Args:
          batch_size: Number of examples in a batch.
          seed: Two integers, the key of the order; None for the order of storage.

        Returns:
          (images, labels), or (images, labels, maps) with `attention`: images are uint8 (b, height, width, 3), or
          string (b,) if they are still encoded; labels are int32 (b,); maps are uint8 (b, rows, columns).

        Raises:
          TypeError, ValueError: if `batch_size` is not an integer from 1.
        """

    @abc.abstractmethod
    def shared_batches(self, batch_size: int, seed: Any, steps: range, hold: Hold) -> tf.data.Dataset:
        """An epoch whose source several processes divide among themselves, as tf.data's dynamic sharding does.

        With random access these are the very batches of `batches`, each numbered by its step. Otherwise each process
        makes batches of the examples that it gets, and ends with a partial one; a number is then used only once, but
        says nothing of the order.

        Args:
          batch_size: Number of examples in a batch.
          seed: Two integers, the key of the order.
          steps: Which batches of the epoch; without random access they can't be chosen, and all examples come.
          hold: Stores arrays where all processes find them. A constant would be sent and kept anew each epoch.

        Returns:
          (number, batch), int64 and as from `batches`.
        """

    def with_attention(self: S, maps: np.ndarray) -> S:
        """The same examples with attention maps, uint8 (n, rows, columns), in the order of storage."""
        return dataclasses.replace(self, attention=maps)

    def steps_per_epoch(self, batch_size: int, *, static_shapes: bool = False) -> int:
        """Number of batches in an epoch, including a last partial one unless shapes are static.

        Raises:
          TypeError, ValueError: if `batch_size` is not an integer from 1, or shapes are static and the examples don't
            fill one batch.
        """
        check_whole("batch_size", batch_size, low=1)
        if static_shapes and len(self) < batch_size:
            raise ValueError(
                f"Static shapes need a whole batch of {batch_size}; there are {len(self)} examples. "
                "Use a smaller batch_size."
            )
        return len(self) // batch_size if static_shapes else -(-len(self) // batch_size)

    def _held_attention(self, hold: Hold) -> list[Callable[[], tf.Tensor]]:
        """The attention maps for `shared_batches`, if there are any."""
        if self.attention is None:
            return []
        digest = hashlib.sha256(np.ascontiguousarray(self.attention).data).hexdigest()
        return [hold(f"{digest}.attention", self.attention)]


def check_array(name: str, array: np.ndarray, dtype: type, shape: tuple[int, ...]) -> None:
    """Raises ValueError unless the array has that dtype and shape."""
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"{name} must be {np.dtype(dtype).name} {shape}; got {array.dtype.name} {array.shape}. Convert them first."
        )


def places_of_classes(labels: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Where labels are from `first` to before `stop`. Raises ValueError if they are nowhere."""
    places = np.flatnonzero((labels >= first) & (labels < stop))
    if not places.size:
        raise ValueError(
            f"At least one image of the classes {first} to {stop - 1} is needed; there is none. Choose other classes, "
            "or another split."
        )
    return places


def as_places(places: Any, count: int) -> np.ndarray:
    """Places in a split of `count` examples as an array. Raises ValueError unless they are ascending and in range."""
    places = np.asarray(places)
    if places.ndim != 1 or not np.issubdtype(places.dtype, np.integer) or np.any(np.diff(places) < 1):
        raise ValueError(f"Places must be integers (k,), ascending, each once; got {places!r}. Sort them.")
    if places.size and not 0 <= places[0] <= places[-1] < count:
        raise ValueError(f"Places must be in [0, {count}); got {places[0]} to {places[-1]}.")
    return places
