"""A TFDS set of JPEGs, written from a folder of images for as long as a benchmark runs."""

import itertools
from pathlib import Path

import tensorflow as tf

from cutmix_tf import datasets

NAME, SHARDS, CLASSES = "jpegs", 8, 1000
QUALITY = 90


def image_files(folder: Path) -> list[Path]:
    """All JPEGs below a folder, in the order of their names.

    Raises:
      SystemExit: if there are none.
    """
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg"))
    if not files:
        raise SystemExit(f"Needs a folder of JPEGs; there are none below {folder}.")
    return files


def resized_jpeg(encoded: bytes, shorter_side: int) -> bytes:
    """A JPEG whose shorter side has that many pixels."""
    image = datasets.decode(encoded)
    height, width = image.numpy().shape[:2]
    scale = shorter_side / min(height, width)
    size = [max(round(side * scale), 1) for side in (height, width)]
    pixels = tf.cast(tf.clip_by_value(tf.round(tf.image.resize(image, size, antialias=True)), 0, 255), tf.uint8)
    return tf.io.encode_jpeg(pixels, quality=QUALITY).numpy()


def write_records(files: list[Path], shorter_side: int, count: int, directory: Path) -> datasets.Split:
    """Writes records of resized images, each as often as it takes, and returns them as a split.

    Args:
      files: JPEGs.
      shorter_side: Of the stored images, in pixels.
      count: Number of records.
      directory: Of TFDS sets.
    """
    import tensorflow_datasets as tfds

    where = directory / NAME / "1.0.0"
    where.mkdir(parents=True)
    features = tfds.features.FeaturesDict(
        {"image": tfds.features.Image(encoding_format="jpeg"), "label": tfds.features.ClassLabel(num_classes=CLASSES)}
    )
    jpegs = [resized_jpeg(file.read_bytes(), shorter_side) for file in files[:count]]
    lengths = [0] * SHARDS
    paths = [where / f"{NAME}-train.tfrecord-{number:05}-of-{SHARDS:05}" for number in range(SHARDS)]
    writers = [tf.io.TFRecordWriter(str(path)) for path in paths]
    for number, jpeg in zip(range(count), itertools.cycle(jpegs)):
        writers[number % SHARDS].write(_example(jpeg, number % CLASSES))
        lengths[number % SHARDS] += 1
    for writer in writers:
        writer.close()
    size = sum(path.stat().st_size for path in paths)
    tfds.folder_dataset.write_metadata(
        data_dir=where,
        features=features,
        split_infos=[tfds.core.SplitInfo(name="train", shard_lengths=lengths, num_bytes=size)],
        filename_template="{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
        check_data=False,
    )
    return datasets.load(NAME, data_dir=str(directory), test_split="train").splits["train"]


def record_files(directory: Path) -> list[str]:
    """The files that `write_records` wrote."""
    return sorted(str(path) for path in (directory / NAME / "1.0.0").glob("*.tfrecord-*"))


def parse(record: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The encoded image and the label of a record."""
    spec = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}
    example = tf.io.parse_single_example(record, spec)
    return example["image"], example["label"]


def _example(jpeg: bytes, label: int) -> bytes:
    feature = {
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[jpeg])),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()
