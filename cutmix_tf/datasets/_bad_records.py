"""Unreadable records of a prepared TFDS dataset: found, and explained."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf.datasets._bad_examples import BadExample, bad_places, reason_of, summary_of
from cutmix_tf.datasets._records import Records
from cutmix_tf.datasets._tfds import AGAIN

KEYS = ("image", "label")


def find_bad_records(records: Records) -> tuple[BadExample, ...]:
    """All records that can't be read or decoded, or whose label is out of range; reads everything.

    Args:
      records: All of them, none passed over.
    """
    for spec in records.specs:
        for file in records.builder.info.splits[spec].filepaths:
            file.open("rb").close()  # `ignore_errors` would try a file that can't be opened again and again

    def decoded(example):
        return example["place"], records.decoded(example["image"])

    tolerant = Records(records.builder, records.parts, passed_over=np.zeros(0, np.int64))
    bad = set(bad_places(tolerant.examples(KEYS, decoded), records.stored, records.title).tolist())
    found, first = [], 0
    for run in records.runs:
        places = range(first, first + run.take)
        if here := bad.intersection(places):
            found += _explained(records, run, places, here)
        first += run.take
    return tuple(found)


def _explained(records: Records, run: Any, places: range, bad: set[int]) -> Iterator[BadExample]:
    """Reads a file once more, record by record, to say what is wrong with the bad ones."""
    place, reason = places.start, "the file ends before it"
    try:
        for record in tf.data.TFRecordDataset(run.filename).skip(run.skip).take(run.take).as_numpy_iterator():
            wrong = _what_is_wrong(records, record) if place in bad else None
            if wrong:
                where = f"{run.filename} record {run.skip + place - places.start}"
                yield BadExample(where, wrong, range(place, place + 1))
            place += 1
    except tf.errors.OpError as error:
        reason = reason_of(error)
    if lost := range(place, places.stop):
        behind = f" and the {len(lost) - 1} behind it" if len(lost) > 1 else ""
        yield BadExample(f"{run.filename} record {run.skip + place - places.start}{behind}", reason, lost)


def _what_is_wrong(records: Records, record: Any) -> str | None:
    """Why an example is bad; None if it is not."""
    num_classes = records.builder.info.features["label"].num_classes
    try:
        example = records.parse(record, KEYS)
        if not 0 <= int(example["label"]) < num_classes:
            return f"label {int(example['label'])} is not in [0, {num_classes})"
        records.decoded(example["image"])
    except tf.errors.OpError as error:
        return reason_of(error)
    return None


def reading_failed(records: Records, error: tf.errors.OpError) -> ValueError:
    """The error to raise where reading all records failed; it names those that are bad, which are looked for now."""
    bad = () if records.passed_over is not None else find_bad_records(records)
    if not bad:
        return ValueError(
            f"{len(records)} readable examples are needed from {records.title}; reading them failed: "
            f"{reason_of(error)}. {AGAIN}"
        )
    return ValueError(
        f"All examples must be readable; can't read {summary_of(bad, records.stored, records.title)}. {AGAIN} "
        "Or leave them out with bad_examples='skip'."
    )
