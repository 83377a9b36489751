"""Prepared TFDS datasets: found by name, and checked before they are read."""

import os
from typing import Any

import numpy as np

from cutmix_tf._checks import did_you_mean

Builder = Any  # tfds.core.DatasetBuilder; tensorflow_datasets is imported only where a set is loaded

AGAIN = "The dataset is half-written or damaged: delete its directory and prepare it again."


def find_builder(name: str, data_dir: str | None, download: bool) -> Builder:
    """The TFDS builder of a prepared classification set.

    Raises:
      FileNotFoundError: if the dataset is known but not prepared in the directory.
      ImportError: if tensorflow-datasets is not installed.
      RuntimeError: if downloading it failed.
      ValueError: if there is no dataset of that name, or its examples don't have one image with one label.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            f"Reading {name!r} needs tensorflow-datasets, which is not installed. "
            "Run pip install 'cutmix_tf[train]', or use 'shapes' or 'folder:PATH'."
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
        f"Use shapes, folder:PATH or a TFDS name; prepared in {data_dir}: {', '.join(prepared) or 'none'}."
    )


def _prepare(builder: Builder, name: str, data_dir: str, download: bool) -> None:
    command = f"tfds build {name} --data_dir {data_dir}"
    if not download:
        raise FileNotFoundError(
            f"Dataset {name!r} must be prepared before it can be read; there is nothing in {builder.data_dir}. "
            f"Run {command}, or use --download, or set TFDS_DATA_DIR to the directory that has it."
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
            f"An image classification set needs the features image (Image, uint8) and label (ClassLabel); {name} "
            f"has {', '.join(features)}. Choose another dataset."
        )


def check_files(builder: Builder, split: str, *, whole: bool) -> None:
    """Compares a stored split's files with its metadata, as far as possible without reading them.

    Args:
      builder: Of the dataset.
      split: The split's name.
      whole: Whether files that are too small are an error.

    Raises:
      FileNotFoundError: if a file is missing.
      ValueError: if the files are not TFRecord files, or must be whole and are too small.
    """
    info = builder.info.splits[split]
    where = f"split {split!r} of {builder.info.full_name} in {builder.data_dir}"
    if builder.info.file_format.value != "tfrecord":
        raise ValueError(
            f"TFRecord files are needed; {where} is stored as {builder.info.file_format.value}. "
            "Prepare it again with --file_format=tfrecord."
        )
    missing = [file.name for file in info.filepaths if not file.exists()]
    if missing:
        raise FileNotFoundError(
            f"{info.num_shards} files are needed for {where}; {len(missing)} of them are missing, "
            f"the first is {missing[0]}. {AGAIN}"
        )
    size, least = sum(file.stat().length for file in info.filepaths), int(info.num_bytes)
    if whole and size < least:
        raise ValueError(f"At least {least} bytes are needed for {where}; its files have {size}. {AGAIN}")
