"""The cache: a training set's heat maps, one byte per cell, computed once and checked before each use."""

import json
import logging
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
_AGAIN = "Remove it and run `python -m cutmix_tf attention CONFIG` to compute it (training does so too)."

_LOGGER = logging.getLogger("cutmix_tf")


def cache_path(dataset: str, teacher: Teacher, folder: str | Path = "attention") -> Path:
    """The default path of a cache, by dataset and teacher."""
    model = teacher.model if isinstance(teacher.model, str) else teacher.model.name
    name = "-".join([dataset, Path(model).with_suffix("").as_posix(), teacher.reading])
    return Path(folder) / (re.sub(r"[^\w.]+", "-", name).strip("-") + ".npz")


def cached_maps(path: str | Path, split: datasets.Split, teacher: Teacher, *, verbose: bool = False) -> np.ndarray:
    """The heat maps of all examples, in the order of storage, from the cache; it is computed if there is none.

    A computation that was killed is resumed and ends with the same bytes. If several processes find no cache, one
    computes it while the others wait. The lock file beside the cache stays: if it were removed, a process that still
    waits for it and one that creates it anew could both hold the lock.

    Args:
      path: The cache's file, .npz.
      split: The training examples.
      teacher: Whose maps they are.
      verbose: Whether to show a progress bar while computing.

    Returns:
      uint8 (examples, rows, columns): each map scaled so that its largest value is 255.

    Raises:
      ValueError: if the file is not a cache, is damaged, or was computed from other examples or by another teacher.
      OSError: if the cache can't be written.
    """
    path = Path(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(path.name + ".lock")):
            if not path.exists():  # no other process computed it in the meantime
                _compute(path, split, teacher, verbose)
    return _load(path, split, teacher)


def as_bytes(maps: np.ndarray) -> np.ndarray:
    """Heat maps (batch, rows, columns) as uint8, each scaled so that its largest value is 255."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.rint(255 * np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)).astype(np.uint8)


def _key(split: datasets.Split, teacher: Teacher) -> dict[str, Any]:
    """What must be the same for a cache to be used."""
    return {
        "format": 1,
        "examples": len(split),
        "data": split.fingerprint,
        "teacher": teacher.fingerprint,
        "grid": list(teacher.shape),
    }


def _compute(path: Path, split: datasets.Split, teacher: Teacher, verbose: bool) -> None:
    """Appends batch after batch to a partial file beside the cache, and turns it into the cache at the end.

    The process may be killed at any moment: only whole batches of the partial file count.
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
    """The number of whole batches in the partial file of this very cache."""
    if not partial.exists():
        return 0
    with partial.open("rb") as file:
        ours = file.read(len(header)) == header
    return (partial.stat().st_size - len(header)) // (BATCH * cells) if ours else 0


def _append(file, split: datasets.Split, teacher: Teacher, done: int, verbose: bool) -> None:
    total = split.steps_per_epoch(BATCH)
    progress = keras.utils.Progbar(total, verbose=int(verbose), unit_name="batch")
    batches = pipeline.uncropped_batches(split, teacher.input_size, batch_size=BATCH).skip(done)
    _LOGGER.info("Computing %d attention maps", max(len(split) - done * BATCH, 0))
    began, count = time.perf_counter(), 0
    for images in batches.as_numpy_iterator():
        file.write(as_bytes(teacher.maps(images)).tobytes())
        done, count = done + 1, count + len(images)
        progress.update(done)
    _LOGGER.info("Computed %d attention maps, %.0f images/s", count, count / (time.perf_counter() - began))


def _load(path: Path, split: datasets.Split, teacher: Teacher) -> np.ndarray:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            maps, held = arrays["maps"], json.loads(arrays["key"].tobytes())
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, AttributeError) as error:
        raise ValueError(f"{str(path)!r} is not a complete cache of attention maps ({error}). {_AGAIN}") from None
    key = _key(split, teacher)
    differ = [name for name in key if held.get(name) != key[name]]
    if differ:
        found = ", ".join(f"{name} is {_short(held.get(name))}, not {_short(key[name])}" for name in differ)
        raise ValueError(f"{str(path)!r} was computed for something else: {found}. {_AGAIN}")
    if maps.shape != (len(split), *teacher.shape) or maps.dtype != np.uint8:
        raise ValueError(
            f"{str(path)!r} must hold uint8 maps {(len(split), *teacher.shape)}; it holds {maps.dtype.name} "
            f"{maps.shape}. {_AGAIN}"
        )
    return maps


def _short(value: Any) -> str:
    return value[:8] if isinstance(value, str) else str(value)
