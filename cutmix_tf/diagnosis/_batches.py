"""The first batches of whatever `fit` takes, as arrays with known roles."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

ALONE = ""
"""The name of the only output of a model."""


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """A batch of `fit`.

    Attributes:
      inputs: What the model is called with.
      images: The images among the inputs; None if there are none.
      labels: By the name of the output; `ALONE` if there is one, and nothing if the batch has no labels.
    """

    inputs: Any
    images: np.ndarray | None
    labels: Mapping[str, np.ndarray]

    @property
    def plan(self) -> bool:
        """Whether a plan for feature maps travels with the images."""
        return isinstance(self.inputs, Mapping) and "plan" in self.inputs


def first_batches(data: Any, count: int) -> list[Batch]:
    """Up to that many batches of a dataset, or the only one that arrays (images, labels) make.

    Raises:
      TypeError: if the data is nothing that has batches.
      ValueError: if there is no batch.
    """
    batches = [_as_batch(element) for element in itertools.islice(_elements(data), count)]
    if not batches:
        raise ValueError("The dataset has no batches. Does a filter, or drop_remainder=True, leave out all examples?")
    return batches


def _elements(data: Any) -> Iterator[Any]:
    if isinstance(data, tuple | list):
        return iter([tuple(data)])
    if isinstance(data, keras.utils.PyDataset):
        return (data[number] for number in range(len(data)))
    if isinstance(data, tf.data.Dataset | Iterator) or hasattr(data, "__iter__"):
        return iter(data)
    raise TypeError(f"doctor looks at a tf.data.Dataset, a PyDataset or arrays (images, labels); got {data!r}.")


def _as_batch(element: Any) -> Batch:
    if isinstance(element, Mapping) and "images" in element and "labels" in element:
        element = (element["images"], element["labels"])
    inputs, labels = (*element, None)[:2] if isinstance(element, tuple | list) else (element, None)
    named = labels if isinstance(labels, Mapping) else {} if labels is None else {ALONE: labels}
    return Batch(inputs, _images_of(inputs), {name: as_array(values) for name, values in named.items()})


def _images_of(inputs: Any) -> np.ndarray | None:
    """The first input that can be images: of rank 4 (or 3, if it was not batched)."""
    if isinstance(inputs, Mapping) and "images" in inputs:
        return as_array(inputs["images"])
    arrays = [each for each in keras.tree.flatten(inputs) if len(getattr(each, "shape", ())) in (3, 4)]
    return as_array(arrays[0]) if arrays else None


def as_array(values: Any) -> np.ndarray:
    """A tensor of any backend, or an array, as an array of a dtype that NumPy can compute with."""
    array = np.asarray(keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else values)
    return array.astype(np.float32) if array.dtype.name in ("bfloat16", "float16") else array
