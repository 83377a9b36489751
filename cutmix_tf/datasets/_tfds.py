"""Prepared TFDS datasets: found by name, and checked before they are read."""

import hashlib
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from cutmix_tf._checks import did_you_mean
from cutmix_tf.datasets._bad_examples import BadExample, places_of, told

Builder = Any  # tfds.core.DatasetBuilder; tensorflow_datasets is imported only where a set is asked for

_AGAIN = "The dataset is half-written or damaged: delete its directory and prepare it again."


def find_builder(name: str, data_dir: str | None, download: bool) -> Builder:
    """The TFDS builder of a prepared classification set.

    Raises:
      FileNotFoundError: if the dataset is known but not prepared in the directory.
      ImportError: if tensorflow-datasets is not installed.
      RuntimeError: if it was to be downloaded and that failed.
      ValueError: if no dataset is called so, or it has not one image with one label in an example.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            f"Reading {name!r} needs tensorflow-datasets, which is not installed. "
            "Run pip install tensorflow-datasets, or use 'shapes' or 'folder:PATH'."
        ) from error
    data_dir = os.path.expanduser(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(_unknown(name, data_dir, tfds.list_builders())) from error
    _check_features(builder.info.features, name)
    if not builder.is_prepared():
        _prepare(builder, name, data_dir, download)
    return builder


def _unknown(name: str, data_dir: str, registered: list[str]) -> str:
    prepared = sorted(entry.name for entry in os.scandir(data_dir)) if os.path.isdir(data_dir) else []
    return (
        f"There is no dataset called {name!r}.{did_you_mean(name, [*prepared, *registered, 'shapes'])} "
        f"Give shapes, folder:PATH or a TFDS name; prepared in {data_dir}: {', '.join(prepared) or 'none'}."
    )


def _prepare(builder: Builder, name: str, data_dir: str, download: bool) -> None:
    command = f"tfds build {name} --data_dir {data_dir}"
    if not download:
        raise FileNotFoundError(
            f"Dataset {name!r} must be prepared before it is read; there is nothing in {builder.data_dir}. "
            f"Run {command}, or ask for --download, or point TFDS_DATA_DIR at the directory that has it."
        )
    try:
        builder.download_and_prepare()
    except Exception as error:
        raise RuntimeError(
            f"Dataset {name!r} could not be downloaded and prepared in {data_dir}: {error} Try {command}."
        ) from error


def _check_features(features: Any, name: str) -> None:
    import tensorflow_datasets as tfds

    image, label = (dict(features).get(key) for key in ("image", "label"))
    if (
        not isinstance(image, tfds.features.Image)
        or image.np_dtype != np.uint8  # pyright: ignore[reportOptionalMemberAccess]
        or not isinstance(label, tfds.features.ClassLabel)
    ):
        raise ValueError(
            f"{name} is no image classification set: it needs the features image (Image, uint8) and label "
            f"(ClassLabel); it has {', '.join(features)}. Choose another dataset."
        )


def describe(builder: Builder, split: str) -> str:
    """The split's name, its dataset's and the directory, for messages."""
    return f"split {split!r} of {builder.info.full_name} in {builder.data_dir}"


def check_files(builder: Builder, split: str, *, whole: bool) -> None:
    """Compares a split's files with its metadata, as far as that goes without reading them.

    Raises:
      FileNotFoundError: if a file is missing.
      ValueError: if the split is empty, its files are no TFRecord files, or must be whole and are too small.
    """
    info, where = builder.info.splits[split], describe(builder, split)
    if info.num_examples == 0:
        raise ValueError(f"A split needs examples; {where} has none. Choose another dataset.")
    if builder.info.file_format.value != "tfrecord":
        raise ValueError(
            f"TFRecord files are needed; {where} is stored as {builder.info.file_format.value}. "
            "Prepare it again with --file_format=tfrecord."
        )
    missing = [file.name for file in info.filepaths if not file.exists()]
    if missing:
        raise FileNotFoundError(
            f"{info.num_shards} files are needed for {where}; {len(missing)} of them are missing, "
            f"the first is {missing[0]}. {_AGAIN}"
        )
    size, least = sum(file.stat().length for file in info.filepaths), int(info.num_bytes)
    if whole and size < least:
        raise ValueError(f"At least {least} bytes are needed for {where}; its files have {size}. {_AGAIN}")


def fingerprint(builder: Builder, split: str, left_out: Sequence[BadExample]) -> str:
    """A digest of a split's metadata, the sizes of its files and the places left out; its dataset's full name too."""
    info = builder.info.splits[split]
    sizes = [file.stat().length for file in info.filepaths]
    facts = (builder.info.full_name, split, info.num_bytes, info.shard_lengths, sizes, places_of(left_out).tolist())
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def damaged(builder: Builder, split: str, reason: str, bad: Sequence[BadExample]) -> ValueError:
    """The error to raise where reading a split failed, for a reason or for examples that were found bad."""
    count, where = builder.info.splits[split].num_examples, describe(builder, split)
    if not bad:
        return ValueError(f"{count} whole examples are needed from {where}; reading them failed: {reason}. {_AGAIN}")
    return ValueError(
        f"All examples must be whole; can't read {told(bad, count, where)}. {_AGAIN} "
        "Or leave them out with bad_examples='skip'."
    )
