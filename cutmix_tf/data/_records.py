"""Reading the shards of a prepared TFDS split: as a stream in keyed order, or all at once into memory."""

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from cutmix_tf._random import fold_in
from cutmix_tf.data._draws import permutation
from cutmix_tf.data._image_set import ArraySplit, Split, StreamSplit
from cutmix_tf.data._resize import decode
from cutmix_tf.data._tfds import Builder, check_files, damaged, fingerprint

IN_MEMORY = 2 * 2**30  # bytes of pixels up to which a split of equal-sized images is kept as arrays
BLOCK = 8192  # examples that are shuffled together
INTERLEAVED = 16  # shards read in turn

_Example = dict[str, tf.Tensor]


def read_split(builder: Builder, split: str) -> Split:
    """A split of a prepared dataset: in memory where its images have one size and fit, else as a stream.

    Raises:
      FileNotFoundError: if a file of the split is missing.
      ValueError: if the split is empty, or its files hold other than its metadata say.
    """
    check_files(builder, split)
    count, (height, width, _) = builder.info.splits[split].num_examples, builder.info.features["image"].shape
    if height and width and count * height * width * 3 <= IN_MEMORY:
        return _in_memory(builder, split)
    parse = _parser(builder, ("image", "label"))

    def read(seed=None):
        def parts(*record):
            example = parse(*record)
            return example["image"], example["label"], record[-2]

        return _records(builder, split, seed).map(parts, num_parallel_calls=tf.data.AUTOTUNE)

    return StreamSplit(count, read, fingerprint(builder, split))


def _in_memory(builder: Builder, split: str) -> ArraySplit:
    """Reads and decodes a whole split, many images at once; boxes too, where there is one an image."""
    features, count = builder.info.features, builder.info.splits[split].num_examples
    height, width, _ = features["image"].shape
    arrays = {"image": np.empty((count, height, width, 3), np.uint8), "label": np.empty(count, np.int32)}
    if "bbox" in features:
        arrays["bbox"] = np.empty((count, 4), np.float32)
    parse = _parser(builder, arrays)

    def decoded(*record):
        example = parse(*record)
        return {**example, "image": tf.ensure_shape(decode(example["image"]), (height, width, 3))}

    whole = tf.data.experimental.assert_cardinality(count)
    examples = _records(builder, split).map(decoded, num_parallel_calls=tf.data.AUTOTUNE).apply(whole)
    first = 0
    try:
        for batch in examples.batch(1024).as_numpy_iterator():
            for key, array in arrays.items():
                array[first : first + len(batch["label"])] = batch[key]
            first += len(batch["label"])
    except tf.errors.OpError as error:
        raise damaged(builder, split, error) from error
    boxes = np.rint(arrays["bbox"] * [height, width, height, width]).astype(np.int32) if "bbox" in arrays else None
    return ArraySplit(arrays["image"], arrays["label"], boxes)


def _records(builder: Builder, split: str, seed=None) -> tf.data.Dataset:
    """(file, its first place, place, serialised example) of all examples; in the order of the files, or shuffled.

    A place counts the split's examples from 0 in the order of the files.

    Shuffling takes the shards in random order, sixteen in turn, and permutes blocks of 8192 examples. It is a
    function of the seed alone (`Dataset.shuffle` also depends on TensorFlow's global seed).
    """
    info = builder.info.splits[split]
    files = tf.constant([str(file) for file in info.filepaths])
    first_places = tf.cumsum(tf.constant(info.shard_lengths, tf.int64), exclusive=True)
    if seed is None:
        return tf.data.Dataset.from_tensor_slices((files, first_places)).flat_map(_shard)
    file_seed, block_seed = fold_in(seed, 0), fold_in(seed, 1)
    order = permutation(files.shape[0], file_seed)
    shards = tf.data.Dataset.from_tensor_slices((tf.gather(files, order), tf.gather(first_places, order)))
    records = shards.interleave(
        _shard, cycle_length=INTERLEAVED, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )

    def shuffled(number, block):
        order = permutation(tf.shape(block[0])[0], fold_in(block_seed, number))
        return tf.data.Dataset.from_tensor_slices(tuple(tf.gather(part, order) for part in block))

    return records.batch(BLOCK).prefetch(1).enumerate().flat_map(shuffled)  # pyright: ignore[reportArgumentType]


def _shard(*file_and_first_place: tf.Tensor) -> tf.data.Dataset:
    file, first_place = file_and_first_place
    names = tf.data.Dataset.from_tensors((file, first_place)).repeat()
    records = tf.data.Dataset.zip((names, tf.data.Dataset.counter(first_place), tf.data.TFRecordDataset(file)))
    return records.map(lambda name, place, record: (*name, place, record))


def _parser(builder: Builder, keys: Iterable[str]) -> Callable[..., _Example]:
    """A function from a record to its features of those names, images still encoded, labels checked."""
    import tensorflow_datasets as tfds

    features = tfds.features.FeaturesDict({key: builder.info.features[key] for key in keys})
    num_classes = features["label"].num_classes

    def parse(file, first_place, place, record):
        example = features.deserialize_example(record, decoders={"image": tfds.decode.SkipDecoding()})
        label = example["label"]
        message = ["Labels must be in [0,", num_classes, "); got", label, "at record", place - first_place, "of", file]
        tf.debugging.Assert((label >= 0) & (label < num_classes), message)
        return {**example, "label": tf.cast(label, tf.int32)}

    return parse
