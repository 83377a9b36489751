"""The cache: the heat maps of a training set, a byte a cell, made once and checked before each use."""

import json
import os
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import filelock
import keras
import numpy as np

from cutmix_tf import datasets, pipeline
from cutmix_tf.attention._teacher import Teacher

BATCH = 128
_AGAIN = "Remove it, and run python -m cutmix_tf.attention CONFIG to build it (training does so too)."


def cache_path(dataset: str, teacher: Teacher, folder: str | Path = "attention") -> Path:
    """Where a cache lies unless it is told: a file name that says what is in it."""
    network = teacher.network if isinstance(teacher.network, str) else teacher.network.name
    name = "-".join([dataset, Path(network).with_suffix("").as_posix(), teacher.reading])
    return Path(folder) / (re.sub(r"[^\w.]+", "-", name).strip("-") + ".npz")


def cached_maps(path: str | Path, split: datasets.Split, teacher: Teacher, *, verbose: bool = True) -> np.ndarray:
    """The heat maps of all examples, in the order of storage; from the cache, which is built if there is none.

    Building goes on where a killed one stopped, and ends with the same bytes. Of several processes that find no cache,
    one builds it, and the others wait.

    Args:
      path: The cache's file, .npz.
      split: The training examples.
      teacher: Whose maps they are.
      verbose: Whether building shows a progress bar.

    Returns:
      uint8 (examples, rows, columns): each map scaled so that its largest value is 255.

    Raises:
      ValueError: if the file is no cache, is damaged, or was made of other examples or by another teacher.
      OSError: if it can't be written.
    """
    path = Path(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock")
        with filelock.FileLock(lock):
            if not path.exists():  # nor has another process built it meanwhile
                _build(path, split, teacher, verbose)
        lock.unlink(missing_ok=True)  # who comes now finds the cache
    return _load(path, split, teacher)


def as_bytes(maps: np.ndarray) -> np.ndarray:
    """Heat maps (batch, rows, columns) as uint8, each scaled so that its largest value is 255."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.rint(255 * np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)).astype(np.uint8)


def _key(split: datasets.Split, teacher: Teacher) -> dict[str, Any]:
    """What a cache must agree in to be used."""
    return {
        "format": 1,
        "examples": len(split),
        "data": split.fingerprint,
        "teacher": teacher.fingerprint,
        "grid": list(teacher.shape),
    }


def _build(path: Path, split: datasets.Split, teacher: Teacher, verbose: bool) -> None:
    """Appends batch after batch to a file beside the cache, and makes the cache of it at the end.

    A process may be killed at any moment: what counts in the partial file are whole batches.
    """
    partial = path.with_name(path.name + ".partial")
    key = _key(split, teacher)
    header = json.dumps({**key, "batch": BATCH}).encode() + b"\n"
    cells = teacher.shape[0] * teacher.shape[1]
    done = _whole_batches(partial, header, cells)
    if not done:
        partial.write_bytes(header)
    os.truncate(partial, len(header) + done * BATCH * cells)
    with partial.open("ab", buffering=0) as file:
        _append(file, split, teacher, done, verbose)
    maps = np.frombuffer(partial.read_bytes()[len(header) :], np.uint8).reshape(len(split), *teacher.shape)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        np.savez(file, maps=maps, key=np.frombuffer(json.dumps(key).encode(), np.uint8))
    os.replace(temporary, path)
    partial.unlink()


def _whole_batches(partial: Path, header: bytes, cells: int) -> int:
    """How many whole batches of this very cache a partial file holds."""
    if not partial.exists():
        return 0
    with partial.open("rb") as file:
        ours = file.read(len(header)) == header
    return (partial.stat().st_size - len(header)) // (BATCH * cells) if ours else 0


def _append(file, split: datasets.Split, teacher: Teacher, done: int, verbose: bool) -> None:
    total = split.steps_per_epoch(BATCH)
    progress = keras.utils.Progbar(total, verbose=int(verbose), unit_name="batch")
    began, count = time.perf_counter(), 0
    for images in pipeline.uncropped_batches(split, teacher.input_size, batch_size=BATCH).skip(done).as_numpy_iterator():
        file.write(as_bytes(teacher.maps(images)).tobytes())
        done, count = done + 1, count + len(images)
        progress.update(done)
    if verbose and count:
        print(f"{count} maps, {count / (time.perf_counter() - began):.0f} images/s")


def _load(path: Path, split: datasets.Split, teacher: Teacher) -> np.ndarray:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            maps, held = arrays["maps"], json.loads(arrays["key"].tobytes())
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, AttributeError) as error:
        raise ValueError(f"{str(path)!r} is no whole cache of attention maps ({error}). {_AGAIN}") from None
    key = _key(split, teacher)
    differ = [name for name in key if held.get(name) != key[name]]
    if differ:
        told = ", ".join(f"{name} {_short(held.get(name))} there, {_short(key[name])} here" for name in differ)
        raise ValueError(f"{str(path)!r} was made for something else: {told}. {_AGAIN}")
    if maps.shape != (len(split), *teacher.shape) or maps.dtype != np.uint8:
        raise ValueError(
            f"{str(path)!r} must hold uint8 maps {(len(split), *teacher.shape)}; it holds {maps.dtype.name} "
            f"{maps.shape}. {_AGAIN}"
        )
    return maps


def _short(value: Any) -> str:
    return value[:8] if isinstance(value, str) else str(value)
