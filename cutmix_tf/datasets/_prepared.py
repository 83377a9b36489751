"""Prepared TFDS datasets: splits in memory if their images have one size and fit, else read as they are used."""

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np
import tensorflow as tf

from cutmix_tf.datasets._array_split import ArraySplit
from cutmix_tf.datasets._bad_examples import BadExample, check_some_left, places_of
from cutmix_tf.datasets._bad_records import find_bad_records, reading_failed
from cutmix_tf.datasets._record_split import RecordSplit, in_pixels
from cutmix_tf.datasets._records import Records
from cutmix_tf.datasets._slices import Part
from cutmix_tf.datasets._splits import Split
from cutmix_tf.datasets._stored_set import StoredSet
from cutmix_tf.datasets._tfds import Builder, check_files

IN_MEMORY = 2 * 2**30  # bytes of pixels up to which a split of equal-sized images is kept as arrays


class PreparedSet(StoredSet):
    """A dataset that TFDS has prepared.

    Slices are those that TFDS reads, in its order: the records of a file one after the other, file after file.

    Args:
      builder: Of the dataset.
      unlabeled: Splits that can't be used, since they have no labels.
    """

    def __init__(self, builder: Builder, unlabeled: Collection[str] = ()):
        self._builder = builder
        self.class_names = tuple(builder.info.features["label"].names)
        splits = builder.info.splits
        self.counts = {name: splits[name].num_examples for name in splits if name not in unlabeled}

    def read(self, parts: Sequence[Part], *, skip: bool) -> Split:
        """The records of the parts. See `StoredSet.read`."""
        records = self._records(parts, whole=not skip)
        left_out = find_bad_records(records) if skip else ()
        check_some_left(left_out, records.stored, records.title)
        if left_out:  # otherwise records that are damaged from now on would be passed over in silence
            records = dataclasses.replace(records, passed_over=places_of(left_out))
        size = records.image_size
        if size and len(records) * size[0] * size[1] * 3 <= IN_MEMORY:
            return dataclasses.replace(_in_memory(records, size), left_out=left_out)
        return RecordSplit(records, left_out=left_out)

    def find_bad(self, parts: Sequence[Part]) -> tuple[BadExample, ...]:
        """The records that can't be read or decoded, or have a label out of range. See `StoredSet.find_bad`."""
        return find_bad_records(self._records(parts, whole=False))

    def _records(self, parts: Sequence[Part], *, whole: bool) -> Records:
        for source in dict.fromkeys(part.source for part in parts):
            check_files(self._builder, source, whole=whole)
        return Records(self._builder, tuple(parts))


def _in_memory(records: Records, size: tuple[int, int]) -> ArraySplit:
    """Reads and decodes all records, many at once; boxes too, if each image has one."""
    arrays = {"image": np.empty((len(records), *size, 3), np.uint8), "label": np.empty(len(records), np.int32)}
    if records.has_boxes:
        arrays["bbox"] = np.empty((len(records), 4), np.int32)

    def decoded(example):
        if "bbox" in example:
            example["bbox"] = in_pixels(example["bbox"], size)
        return {**example, "image": records.decoded(example["image"])}

    first, examples = 0, records.examples(arrays, decoded)
    try:
        whole = examples.apply(tf.data.experimental.assert_cardinality(len(records)))
        for batch in whole.batch(1024).as_numpy_iterator():
            for key, array in arrays.items():
                array[first : first + len(batch["label"])] = batch[key]
            first += len(batch["label"])
    except tf.errors.OpError as error:
        raise reading_failed(records, error) from error
    return ArraySplit(arrays["image"], arrays["label"], arrays.get("bbox"))
