"""Prepared TFDS sets of any kind: found by name, counted, and read without decoding their images."""

import os
from typing import Any

import tensorflow as tf

from cutmix_tf._checks import did_you_mean

Builder = Any  # tfds.core.DatasetBuilder; tensorflow_datasets is imported only where a set is loaded


def find_builder(name: str, data_dir: str | None, kind: str) -> Builder:
    """The TFDS builder of a set, prepared or not.

    Args:
      name: Of the set.
      data_dir: As for `load_objects`.
      kind: What such sets are called in messages, such as "detection".

    Raises:
      ImportError: if tensorflow-datasets is not installed.
      ValueError: if there is no such set.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            f"Reading {name!r} needs tensorflow-datasets. Run pip install 'cutmix_tf[train]', or use 'scenes'."
        ) from error
    folder = _folder(data_dir)
    try:
        return tfds.builder(name, data_dir=folder)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(
            f"There is no {kind} set called {name!r}.{did_you_mean(name, ['scenes', *tfds.list_builders()])} Use "
            f"scenes, or the TFDS name of such a set; TFDS looks in {folder}."
        ) from error


def make_prepared(builder: Builder, name: str, data_dir: str | None, download: bool) -> None:
    """Downloads and prepares a set that is missing, if that is wished. Raises FileNotFoundError if it is not."""
    if builder.is_prepared():
        return
    if not download:
        folder = _folder(data_dir)
        raise FileNotFoundError(
            f"{name!r} must be prepared before it can be read; there is nothing in {builder.data_dir}. Run tfds "
            f"build {name} --data_dir {folder}, use --download, or set TFDS_DATA_DIR to its directory."
        )
    builder.download_and_prepare()


def count(builder: Builder, name: str, split: str) -> int:
    """How many images a split has. Raises ValueError if there is no such split."""
    try:
        return int(builder.info.splits[split].num_examples)
    except (KeyError, ValueError) as error:
        known = list(builder.info.splits)
        raise ValueError(
            f"{name} has no split {split!r}.{did_you_mean(split, known)} It has {', '.join(known)}."
        ) from error


def read_encoded(builder: Builder, split: str) -> tf.data.Dataset:
    """The examples of a split in the order of storage, with images as they are stored."""
    import tensorflow_datasets as tfds

    features = builder.info.features.items()
    undecoded = {part: tfds.decode.SkipDecoding() for part, kind in features if isinstance(kind, tfds.features.Image)}
    return builder.as_dataset(split=split, shuffle_files=False, decoders=undecoded)


def _folder(data_dir: str | None) -> str:
    return os.path.expanduser(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")
