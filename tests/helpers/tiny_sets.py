"""Tiny datasets: prepared TFDS sets, image folders and streams, of images that show their number."""

import dataclasses
import io

import numpy as np
import tensorflow as tf

from cutmix_tf import datasets
from cutmix_tf._random import permutation

ONE_SIZE, MANY_SIZES = (8, 10, 3), (None, None, 3)


def image_of(number, side=8):
    """An image of one value."""
    return np.full((side, side + 2, 3), number, np.uint8)


def prepare(
    directory,
    name="tiny",
    *,
    splits=None,
    shape=ONE_SIZE,
    labels=None,
    images=None,
    features=None,
    per_shard=2,
    **columns,
):
    """Writes a TFDS dataset of images of one value each, in small shards; label = number % 3.

    Args:
      directory: Of all datasets.
      name: Of this one.
      splits: How many examples each has.
      shape: Of all images; (None, None, 3) for images of many sizes.
      labels: Other labels, by number.
      images: Other images, by number; or bytes to store in the place of an image.
      features: More than image and label.
      per_shard: Examples in a shard.
      **columns: Functions from the number to those features.

    Returns:
      The path of the dataset's files.
    """
    import tensorflow_datasets as tfds

    where = directory / name / "1.0.0"
    where.mkdir(parents=True)
    label = tfds.features.ClassLabel(names=["ant", "bee", "cat"])
    image = tfds.features.Image(shape=shape, encoding_format="png")
    features = tfds.features.FeaturesDict({"image": image, "label": label, **(features or {})})
    stored = tfds.features.FeaturesDict({**features, "label": tf.int64})  # takes any label
    infos = []
    for split, count in (splits or {"train": 5, "test": 3}).items():
        records = []
        for number in range(count):
            image = (images or {}).get(number, image_of(number, 8 if shape[0] else 8 + number % 40)[..., : shape[2]])
            values = {
                "image": io.BytesIO(image) if isinstance(image, bytes) else image,
                "label": (labels or {}).get(number, number % 3),
            }
            records.append(stored.serialize_example(values | {key: make(number) for key, make in columns.items()}))
        shards = [records[first : first + per_shard] for first in range(0, max(count, 1), per_shard)]
        for number, shard in enumerate(shards):
            with tf.io.TFRecordWriter(f"{where}/{name}-{split}.tfrecord-{number:05}-of-{len(shards):05}") as writer:
                for record in shard:
                    writer.write(record)
        lengths = [len(shard) for shard in shards]
        infos.append(tfds.core.SplitInfo(name=split, shard_lengths=lengths, num_bytes=sum(map(len, records))))
    tfds.folder_dataset.write_metadata(
        data_dir=where,
        features=features,
        split_infos=infos,
        filename_template="{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
        check_data=False,
    )
    return where


def fill_folder(root, layout):
    """Writes images that show their number, each of another size, to these paths."""
    for number, path in enumerate(layout):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        encode = tf.io.encode_png if file.suffix == ".png" else tf.io.encode_jpeg
        file.write_bytes(encode(image_of(number, 8 + number)).numpy())


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedSplit(datasets.StreamSplit):
    """The images of an array split as PNG files, as if they were read from disk."""

    arrays: datasets.ArraySplit
    fingerprint = "images of a test"

    def __len__(self):
        return len(self.arrays)

    def read(self, seed=None):
        files = tf.stack([tf.io.encode_png(image) for image in self.arrays.images])
        order = tf.range(len(self)) if seed is None else permutation(len(self), seed)
        parts = tf.gather(files, order), tf.gather(self.arrays.labels, order), tf.cast(order, tf.int64)
        return tf.data.Dataset.from_tensor_slices(parts)


def epoch(split, seed=None):
    """The labels and the first pixels of one epoch."""
    batches = split.batches(4, seed) if seed is None else split.batches(4, tf.constant(seed))
    return [(int(label), int(tf.reshape(decoded(image), [-1])[0])) for image, label in batches.unbatch()]


def decoded(image):
    """The image, decoded if it isn't yet."""
    return datasets.decode(image) if image.dtype == tf.string else image
