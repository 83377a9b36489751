"""The examples in the shards of a prepared TFDS split: in keyed order, and which of them are bad."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._random import fold_in, permutation
from cutmix_tf.datasets._bad_examples import BadExample, bad_places, reason_of
from cutmix_tf.datasets._decode import decode
from cutmix_tf.datasets._tfds import Builder, describe

BLOCK = 8192  # examples that are shuffled together
INTERLEAVED = 16  # shards read in turn

_Example = dict[str, tf.Tensor]


def find_bad_examples(builder: Builder, split: str) -> tuple[BadExample, ...]:
    """All examples of a split that can't be read or decoded, or have no label in range; reads everything."""
    info = builder.info.splits[split]
    for file in info.filepaths:
        file.open("rb").close()  # `ignore_errors` would try a file that can't be opened for ever

    def looked_at(example):
        return example["place"], picture(builder, example["image"])

    examples = read_examples(builder, split, ("image", "label"), looked_at, passed_over=np.zeros(0, np.int64))
    bad = set(bad_places(examples, info.num_examples, describe(builder, split)).tolist())
    found, first = [], 0
    for file, length in zip(info.filepaths, info.shard_lengths, strict=True):
        places = range(first, first + length)
        if here := bad.intersection(places):
            found += _explained(builder, str(file), places, here)
        first += length
    return tuple(found)


def _explained(builder: Builder, file: str, places: range, bad: set[int]) -> Iterator[BadExample]:
    """Reads a file once more, record by record, to say what is wrong with the bad ones."""
    place, reason = places.start, "the file ends before it"
    try:
        for record in tf.data.TFRecordDataset(file).as_numpy_iterator():
            wrong = _what_is_wrong(builder, record) if place in bad else None
            if wrong:
                yield BadExample(f"{file} record {place - places.start}", wrong, range(place, place + 1))
            place += 1
    except tf.errors.OpError as error:
        reason = reason_of(error)
    if lost := len(range(place, places.stop)):
        behind = f" and the {lost - 1} behind it" if lost > 1 else ""
        yield BadExample(f"{file} record {place - places.start}{behind}", reason, range(place, places.stop))


def _what_is_wrong(builder: Builder, record: Any) -> str | None:
    """Why an example is bad; None if it is not."""
    num_classes = builder.info.features["label"].num_classes
    try:
        example = _parser(builder, ("image", "label"))(record)
        if not 0 <= int(example["label"]) < num_classes:
            return f"label {int(example['label'])} is not in [0, {num_classes})"
        picture(builder, example["image"])
    except tf.errors.OpError as error:
        return reason_of(error)
    return None


def read_examples(
    builder: Builder, split: str, keys: Iterable[str], make: Callable[[_Example], Any], passed_over=None, seed=None
) -> tf.data.Dataset:
    """What is made of each example: of its features of those names and its place. See `_records`."""
    parse = _parser(builder, keys)

    def made(file, number, place, record):
        example = parse(record)
        label = _checked_label(builder, example["label"], file, number)
        return make({**example, "label": label, "place": place})

    return _records(builder, split, passed_over, seed).map(made, num_parallel_calls=tf.data.AUTOTUNE)


def _records(builder: Builder, split: str, passed_over: np.ndarray | None, seed) -> tf.data.Dataset:
    """(file, number in it, place, serialized example) of all examples; in the order of the files, or shuffled.

    A place counts the split's examples from 0 in the order of the files. Those in `passed_over` are left out, and so
    is what can't be read behind a damaged record; the places of the others are those among themselves. Where it is
    None, everything must be readable.

    Shuffling takes the shards in random order, sixteen in turn, and permutes blocks of 8192 examples. It is a
    function of the seed alone (`Dataset.shuffle` also depends on TensorFlow's global seed).
    """
    info = builder.info.splits[split]
    files = tf.constant([str(file) for file in info.filepaths])
    first_places = tf.cumsum(tf.constant(info.shard_lengths, tf.int64), exclusive=True)

    def shard(*file_and_first_place):
        file, first_place = file_and_first_place
        return _shard(file, first_place, passed_over)

    if seed is None:
        return tf.data.Dataset.from_tensor_slices((files, first_places)).flat_map(shard)
    file_seed, block_seed = fold_in(seed, 0), fold_in(seed, 1)
    order = permutation(files.shape[0], file_seed)
    shards = tf.data.Dataset.from_tensor_slices((tf.gather(files, order), tf.gather(first_places, order)))
    records = shards.interleave(
        shard, cycle_length=INTERLEAVED, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )

    def shuffled(number, block):
        order = permutation(tf.shape(block[0])[0], fold_in(block_seed, number))
        return tf.data.Dataset.from_tensor_slices(tuple(tf.gather(part, order) for part in block))

    return records.batch(BLOCK).prefetch(1).enumerate().flat_map(shuffled)  # pyright: ignore[reportArgumentType]


def _shard(file: tf.Tensor, first_place: tf.Tensor, passed_over: np.ndarray | None) -> tf.data.Dataset:
    """The part of `_records` that one file holds."""
    records = tf.data.TFRecordDataset(file)
    if passed_over is not None:
        records = records.ignore_errors()
    records = records.enumerate().map(lambda number, record: (file, number, first_place + number, record))
    if passed_over is None:
        return records

    def kept(*record):
        return tf.reduce_all(passed_over != record[2])

    def among_themselves(file, number, place, record):
        return file, number, place - tf.math.count_nonzero(passed_over < place), record

    return records.filter(kept).map(among_themselves)


def _parser(builder: Builder, keys: Iterable[str]) -> Callable[[Any], _Example]:
    """A function from a serialized example to its features of those names, images still encoded, labels unchecked."""
    import tensorflow_datasets as tfds

    features = tfds.features.FeaturesDict({key: builder.info.features[key] for key in keys})
    return lambda record: features.deserialize_example(record, decoders={"image": tfds.decode.SkipDecoding()})


def _checked_label(builder: Builder, label: tf.Tensor, file: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    num_classes = builder.info.features["label"].num_classes
    message = ["Labels must be in [0,", num_classes, "); got", label, "at record", number, "of", file]
    tf.debugging.Assert((label >= 0) & (label < num_classes), message)
    return tf.cast(label, tf.int32)


def picture(builder: Builder, encoded: tf.Tensor) -> tf.Tensor:
    """Decoded: uint8 (height, width, 3), of the size that all pictures of the dataset have, if they have one."""
    return tf.ensure_shape(decode(encoded), (*builder.info.features["image"].shape[:2], 3))
