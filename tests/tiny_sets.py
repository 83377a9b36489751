"""Tiny datasets on disk: prepared TFDS sets and image folders of pictures that tell their number."""

import io

import numpy as np
import tensorflow as tf

from cutmix_tf import datasets


def picture(number, side=8):
    """A picture of one value."""
    return np.full((side, side + 2, 3), number, np.uint8)


def prepare(
    directory, name="tiny", *, splits=None, shape=(8, 10, 3), labels=None, pictures=None, features=None, **columns
):
    """Writes a TFDS dataset of pictures of one value each, in shards of two; label = number % 3.

    Args:
      directory: of all datasets.
      name: of this one.
      splits: how many examples each has.
      shape: of all pictures; (None, None, 3) for pictures of many sizes.
      labels: other labels, by number.
      pictures: other pictures, by number; or bytes to store in the place of a picture.
      features: more than image and label.
      **columns: functions from the number to those.

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
            image = (pictures or {}).get(number, picture(number, 8 if shape[0] else 8 + number)[..., : shape[2]])
            values = {
                "image": io.BytesIO(image) if isinstance(image, bytes) else image,
                "label": (labels or {}).get(number, number % 3),
            }
            records.append(stored.serialize_example(values | {key: make(number) for key, make in columns.items()}))
        shards = [records[first : first + 2] for first in range(0, max(count, 1), 2)]
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
    """Writes pictures that hold their number in the layout."""
    for number, path in enumerate(layout):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        encode = tf.io.encode_png if file.suffix == ".png" else tf.io.encode_jpeg
        file.write_bytes(encode(picture(number, 8 + number)).numpy())


def epoch(split, seed=None):
    """The labels and the first pixels of one epoch."""
    batches = split.batches(4, seed) if seed is None else split.batches(4, tf.constant(seed))
    return [(int(label), int(tf.reshape(decoded(image), [-1])[0])) for image, label in batches.unbatch()]


def decoded(image):
    """The picture, if it is still encoded."""
    return datasets.decode(image) if image.dtype == tf.string else image
