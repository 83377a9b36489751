"""Splits of prepared TFDS datasets: in memory where their pictures have one size and fit, else as streams."""

import numpy as np
import tensorflow as tf

from cutmix_tf.datasets._bad_examples import BadExample, check_some_left, places_of, reason_of
from cutmix_tf.datasets._decode import decode
from cutmix_tf.datasets._image_set import ArraySplit, Split, StreamSplit
from cutmix_tf.datasets._records import find_bad_examples, picture, read_examples
from cutmix_tf.datasets._tfds import Builder, check_files, damaged, describe, fingerprint

IN_MEMORY = 2 * 2**30  # bytes of pixels up to which a split of equal-sized images is kept as arrays

LeftOut = tuple[BadExample, ...]


def read_split(builder: Builder, split: str, *, skip: bool = False) -> Split:
    """A split of a prepared dataset: in memory where its images have one size and fit, else as a stream.

    Args:
      builder: of the dataset.
      split: its name in the dataset.
      skip: whether everything is read first, and what can't be read is left out.

    Raises:
      FileNotFoundError: if a file of the split is missing.
      ValueError: if the split is empty, or its files hold other than its metadata say, and more than that is skipped.
    """
    check_files(builder, split, whole=not skip)
    left_out = find_bad_examples(builder, split) if skip else ()
    count, (height, width, _) = builder.info.splits[split].num_examples, builder.info.features["image"].shape
    check_some_left(left_out, count, describe(builder, split))
    if height and width and count * height * width * 3 <= IN_MEMORY:
        return _in_memory(builder, split, left_out)
    return _stream(builder, split, left_out)


def _in_memory(builder: Builder, split: str, left_out: LeftOut) -> ArraySplit:
    """Reads and decodes a whole split, many images at once; boxes too, where there is one an image."""
    count = builder.info.splits[split].num_examples - len(places_of(left_out))
    height, width, _ = builder.info.features["image"].shape
    arrays = {"image": np.empty((count, height, width, 3), np.uint8), "label": np.empty(count, np.int32)}
    if _has_boxes(builder):
        arrays["bbox"] = np.empty((count, 4), np.int32)

    def decoded(example):
        if "bbox" in example:
            example["bbox"] = _in_pixels(example["bbox"], (height, width))
        return {**example, "image": picture(builder, example["image"])}

    examples = read_examples(builder, split, arrays, decoded, _passed_over(left_out))
    first = 0
    try:
        for batch in examples.apply(tf.data.experimental.assert_cardinality(count)).batch(1024).as_numpy_iterator():
            for key, array in arrays.items():
                array[first : first + len(batch["label"])] = batch[key]
            first += len(batch["label"])
    except tf.errors.OpError as error:
        bad = () if left_out else find_bad_examples(builder, split)
        raise damaged(builder, split, reason_of(error), bad) from error
    return ArraySplit(arrays["image"], arrays["label"], arrays.get("bbox"), left_out=left_out)


def _stream(builder: Builder, split: str, left_out: LeftOut) -> StreamSplit:
    """Reads images when they are asked for; and boxes, which training does not ask for."""
    count, passed_over = builder.info.splits[split].num_examples - len(places_of(left_out)), _passed_over(left_out)

    def read(seed=None):
        def parts(example):
            return example["image"], example["label"], example["place"]

        return read_examples(builder, split, ("image", "label"), parts, passed_over, seed)

    def read_boxes(seed=None):
        def parts(example):
            sides = _sides(example["image"])
            return sides, _in_pixels(example["bbox"], sides)

        return read_examples(builder, split, ("image", "label", "bbox"), parts, passed_over, seed)

    boxes = read_boxes if _has_boxes(builder) else None
    return StreamSplit(count, read, fingerprint(builder, split, left_out), read_boxes=boxes, left_out=left_out)


def _passed_over(left_out: LeftOut) -> np.ndarray | None:
    """Their places; None where there are none, so that what is damaged from now on is not passed over."""
    return places_of(left_out) if left_out else None


def _has_boxes(builder: Builder) -> bool:
    """Whether there is one box an example, in shares of height and width."""
    import tensorflow_datasets as tfds

    return isinstance(dict(builder.info.features).get("bbox"), tfds.features.BBoxFeature)


def _in_pixels(box: tf.Tensor, sides) -> tf.Tensor:
    """Top, left, bottom and right as shares of height and width, in pixels: int32 (4,)."""
    return tf.cast(tf.round(box * tf.cast(tf.tile(sides, [2]), tf.float32)), tf.int32)


def _sides(encoded: tf.Tensor) -> tf.Tensor:
    """Height and width of a picture, where possible without decoding it: int32 (2,)."""

    def decoded():
        return tf.shape(decode(encoded))[:2]

    return tf.cond(tf.io.is_jpeg(encoded), lambda: tf.image.extract_jpeg_shape(encoded)[:2], decoded)
