"""The ImageNet pipeline, from JPEGs in TFRecords to normalized batches of 64 images of 224 px: ours and the usual one.

    python benchmarks/imagenet_pipeline.py FOLDER

Each JPEG below the folder is stored twice, with a shorter side of 375 px, which most of ImageNet's images have, and of
256 px, as many store them. Random resized crops, flips and normalization are what all pipelines do:

- cutmix_tf: `pipeline.train_batches`, which decodes only the crop, and then changes colors (jitter and lighting, as the
  paper's code does); with CutMix, without mixing, and both once more without colors;
- tf.image: crops drawn by sample_distorted_bounding_box and decoded by decode_and_crop_jpeg, one-hot labels, and
  keras.layers.CutMix; resized with antialiasing, as cutmix_tf, Pillow and torchvision do; with and without random
  brightness, contrast, saturation and lighting;
- tf.image, aliased: as tf.image.resize does it by default, which leaves jagged edges in images that are shrunk,
  and costs less;
- tf.image, aliased, whole decoded: crops of whole decoded images, as most tutorials write it.

The stages of ours, one added after the other, show where the time goes, and what mixing has of it.
"""

import argparse
import os
import tempfile
from pathlib import Path

import keras
import tensorflow as tf
from _jpeg_records import CLASSES, image_files, parse, record_files, write_records
from _record import comparison, new_record, read_settings, save_record
from _timing import compared, start

import cutmix_tf as cm
from cutmix_tf import datasets, pipeline
from cutmix_tf._random import child_seeds, fold_in
from cutmix_tf.pipeline._delivery import for_fit
from cutmix_tf.pipeline._steps import augmenting, finishing, to_train_size

FULL = {"rounds": 8, "seconds": 1.5, "records": 1024}
QUICK = {"rounds": 1, "seconds": 0.02, "records": 64}
STORED = {"ImageNet's own size, 375 px": 375, "resized, 256 px": 256}
SIZE, BATCH = (224, 224), 64
CALLS = os.cpu_count() or 1  # without autotuning, a call for each core
FACTS = datasets.FACTS["imagenet2012"]
COLORS = pipeline.Preprocessing(SIZE, FACTS.mean, FACTS.std, augment="imagenet")
FLIPS = pipeline.Preprocessing(SIZE, FACTS.mean, FACTS.std, augment="flip")
STRENGTH = 0.4  # of the jitter, as in the paper's code
LIGHTING = ((-0.123, 0.0135, 0.0018), (-0.126, -0.0001, -0.0037), (-0.127, -0.0131, 0.0019))  # ImageNet's directions
CROP_SETTINGS = {"min_object_covered": 0.1, "aspect_ratio_range": (3 / 4, 4 / 3), "area_range": (0.08, 1.0)}


def ours(split: datasets.Split, mix: cm.CutMix | None) -> tf.data.Dataset:
    """The training batches of this package, with changes of color."""
    return pipeline.train_batches(split, COLORS, batch_size=BATCH, seed=0, mix=mix)


def stages(split: datasets.Split, *names: str) -> tf.data.Dataset:
    """Some of the steps of the same pipeline: "decode" or "crop", "flip" or "colors", and "mix" or "normalize"."""
    preprocessing = COLORS if "colors" in names else FLIPS
    augment = augmenting(preprocessing, None)
    finish = finishing(preprocessing, None, cm.CutMix() if "mix" in names else None)

    def make(step, batch):
        images, labels = batch
        size_seed, augment_seed, mix_seed = child_seeds(fold_in(tf.constant([0, 0]), step), 3)
        if "decode" in names:  # crops of many sizes can't be a batch, so that nothing but a pixel is kept
            images = tf.map_fn(lambda encoded: decoded_crop(encoded)[0, 0], images, fn_output_signature=tf.uint8)
        if "crop" in names:
            images = to_train_size(COLORS, images, size_seed)
        if "flip" in names or "colors" in names:
            images, _ = augment(images, augment_seed)
        if "mix" in names or "normalize" in names:
            return finish(images, labels, {}, mix_seed, mix_seed)
        return images, labels

    batches = split.batches(BATCH, tf.constant([0, 0])).repeat()
    return for_fit(batches.enumerate().map(make, num_parallel_calls=CALLS))


def usual(files: list[str], *, whole=False, antialias=True, colors=False, mix=True) -> tf.data.Dataset:
    """The pipeline as it is written with tf.image and Keras' layer."""
    decoded = crop_of_decoded if whole else decoded_crop

    def augment(record):
        encoded, label = parse(record)
        image = tf.image.resize(decoded(encoded), SIZE, antialias=antialias)
        image = tf.image.random_flip_left_right(image)
        return changed_colors(image) if colors else image, tf.one_hot(label, CLASSES)

    def normalize(images, labels):
        return (images - FACTS.mean) / FACTS.std, labels

    shards = tf.data.Dataset.from_tensor_slices(files)
    records = shards.interleave(tf.data.TFRecordDataset, cycle_length=CALLS, num_parallel_calls=CALLS)
    examples = records.shuffle(1024).repeat().map(augment, num_parallel_calls=CALLS)
    batches = examples.batch(BATCH, drop_remainder=True)
    if mix:
        layer = keras.layers.CutMix()
        batches = batches.map(lambda images, labels: layer({"images": images, "labels": labels}), CALLS)
        batches = batches.map(lambda element: (element["images"], element["labels"]))
    return batches.map(normalize, CALLS).prefetch(2)


def changed_colors(image: tf.Tensor) -> tf.Tensor:
    """Random brightness, contrast and saturation, and PCA lighting."""
    image = tf.image.random_brightness(image / 255, STRENGTH)
    image = tf.image.random_contrast(image, 1 - STRENGTH, 1 + STRENGTH)
    image = tf.image.random_saturation(image, 1 - STRENGTH, 1 + STRENGTH)
    return 255 * (image + tf.linalg.matvec(LIGHTING, tf.random.normal([3], 0, 0.1)))


def crop_box(shape: tf.Tensor) -> tf.Tensor:
    """Top, left, height and width of a random crop."""
    whole = tf.constant([[[0.0, 0.0, 1.0, 1.0]]])
    begin, size, _ = tf.image.sample_distorted_bounding_box(shape, whole, **CROP_SETTINGS, max_attempts=10)
    return tf.concat([begin[:2], size[:2]], 0)


def decoded_crop(encoded: tf.Tensor) -> tf.Tensor:
    """A random crop, which alone is decoded."""
    return tf.image.decode_and_crop_jpeg(encoded, crop_box(tf.image.extract_jpeg_shape(encoded)), channels=3)


def crop_of_decoded(encoded: tf.Tensor) -> tf.Tensor:
    """A random crop of the whole decoded image."""
    image = tf.io.decode_jpeg(encoded, channels=3)
    top, left, height, width = tf.unstack(crop_box(tf.shape(image)))
    return image[top : top + height, left : left + width]


def measure(title: str, shorter_side: int, settings: argparse.Namespace, directory: Path) -> list[dict]:
    """Two tables: the pipelines, and the stages of ours."""
    split = write_records(image_files(settings.folder), shorter_side, settings.records, directory)
    files = record_files(directory)
    pipelines = {
        "cutmix_tf": ours(split, cm.CutMix()),
        "cutmix_tf, no mixing": ours(split, None),
        "cutmix_tf, no colors": stages(split, "crop", "flip", "mix"),
        "cutmix_tf, no colors, no mixing": stages(split, "crop", "flip", "normalize"),
        "tf.image": usual(files, colors=True),
        "tf.image, no colors": usual(files),
        "tf.image, no colors, no mixing": usual(files, mix=False),
        "tf.image, aliased, no colors": usual(files, antialias=False),
        "tf.image, aliased, no colors, no mixing": usual(files, antialias=False, mix=False),
        "tf.image, aliased, whole decoded, no colors": usual(files, antialias=False, whole=True),
    }
    steps = {
        "read": stages(split),
        "read, decode the crop": stages(split, "decode"),
        "read, crop": stages(split, "crop"),
        "read, crop, flip": stages(split, "crop", "flip"),
        "read, crop, flip, colors": stages(split, "crop", "colors"),
        "all but CutMix": stages(split, "crop", "colors", "normalize"),
        "all": stages(split, "crop", "colors", "mix"),
    }
    return [
        timed(f"Pipelines: {title}", pipelines, ("tf.image", "tf.image, no colors"), settings),
        timed(f"Stages of cutmix_tf: {title}", steps, ("all but CutMix",), settings),
    ]


def timed(title: str, candidates: dict[str, tf.data.Dataset], bases: tuple, settings: argparse.Namespace) -> dict:
    """Images per second of some pipelines, and their ratios to the bases."""
    streams = {name: start(data, settings.seconds, CALLS, restart=True) for name, data in candidates.items()}
    return comparison(title, compared(streams, bases, BATCH, settings.rounds))


def main() -> None:
    """Measures both sizes, prints and saves the record."""
    settings = read_settings(
        __doc__, FULL, QUICK, lambda parser: parser.add_argument("folder", type=Path, help="of JPEGs, at any depth")
    )
    tf.config.set_visible_devices([], "GPU")  # input pipelines run on the CPU; Keras' layer would use a GPU
    record = new_record(settings) | {"comparisons": []}
    record["command"] = "python benchmarks/imagenet_pipeline.py FOLDER --save"  # whose folder says nothing to others
    for title, shorter_side in STORED.items():
        with tempfile.TemporaryDirectory() as directory:
            record["comparisons"] += measure(title, shorter_side, settings, Path(directory))
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()
