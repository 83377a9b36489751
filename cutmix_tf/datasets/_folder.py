"""Image folders: split/class/file, JPEG and PNG."""

import hashlib
import pathlib

import tensorflow as tf

from cutmix_tf._random import permutation
from cutmix_tf.datasets._bad_examples import BadExample, bad_places, check_some_left, places_of, reason_of
from cutmix_tf.datasets._decode import decode
from cutmix_tf.datasets._image_set import StreamSplit

_SUFFIXES = (".jpg", ".jpeg", ".png")
_SPLITS = {"train": ("train",), "test": ("test", "validation", "val")}


def read_folder(path: str, *, skip: bool = False) -> tuple[tuple[str, ...], dict[str, StreamSplit]]:
    """Lists the images below `path`; with `skip`, reads them all and leaves out those that can't be decoded.

    Returns:
      The names of the classes, sorted, of all splits together; and the splits "train" and "test" (the folder
      train, and the first of test, validation and val), as far as they are there.

    Raises:
      FileNotFoundError: if there is no such folder.
      ValueError: if there is no split in it, a split has no image, or a class has none in all splits.
    """
    root = pathlib.Path(path).expanduser()
    layout = f"Arrange the images as {root}/train/CLASS/FILE and {root}/test/CLASS/FILE ({', '.join(_SUFFIXES)})."
    if not root.is_dir():
        raise FileNotFoundError(f"folder: needs the path of an image folder; there is none at {root}. {layout}")
    folders = {name: _first_folder(root, candidates) for name, candidates in _SPLITS.items()}
    folders = {name: folder for name, folder in folders.items() if folder}
    files = {name: _images_by_class(folder) for name, folder in folders.items()}
    classes = sorted({name for by_class in files.values() for name in by_class})
    if not classes:
        raise ValueError(f"An image folder needs a split with classes; {root} has none. {layout}")
    for name in classes:
        if not any(by_class.get(name) for by_class in files.values()):
            raise ValueError(f"Each class needs an image; {name!r} in {root} has none. Add some or remove the folder.")
    return tuple(classes), {name: _stream(folders[name], by_class, classes, skip) for name, by_class in files.items()}


def _first_folder(root: pathlib.Path, candidates: tuple[str, ...]) -> pathlib.Path | None:
    return next((root / name for name in candidates if (root / name).is_dir()), None)


def _images_by_class(folder: pathlib.Path) -> dict[str, list[str]]:
    """Sorted paths of the images of each class."""
    return {
        entry.name: sorted(str(file) for file in entry.iterdir() if file.suffix.lower() in _SUFFIXES)
        for entry in folder.iterdir()
        if entry.is_dir()
    }


def _stream(folder: pathlib.Path, by_class: dict[str, list[str]], classes: list[str], skip: bool) -> StreamSplit:
    """A stream that reads each file when it is asked for, in any order."""
    files = [(file, label) for label, name in enumerate(classes) for file in by_class.get(name, ())]
    if not files:
        raise ValueError(f"A split needs images; {folder} has none. Add some, or remove the folder.")
    left_out = _find_bad([file for file, _ in files], str(folder)) if skip else ()
    check_some_left(left_out, len(files), str(folder))
    bad = set(places_of(left_out).tolist())
    files = [file for place, file in enumerate(files) if place not in bad]

    def read(seed=None):
        paths, labels = (tf.constant(column) for column in zip(*files, strict=True))
        places = tf.range(len(files), dtype=tf.int64)
        if seed is not None:
            places = tf.cast(permutation(len(files), seed), tf.int64)
            paths, labels = tf.gather(paths, places), tf.gather(labels, places)
        return tf.data.Dataset.from_tensor_slices((paths, labels, places)).map(
            lambda path, label, place: (tf.io.read_file(path), label, place), num_parallel_calls=tf.data.AUTOTUNE
        )

    return StreamSplit(len(files), read, _digest(folder.parent, files), left_out=left_out)


def _find_bad(files: list[str], title: str) -> tuple[BadExample, ...]:
    """The files that can't be read and decoded."""

    def read(place, path):
        return place, decode(tf.io.read_file(path))

    examples = tf.data.Dataset.from_tensor_slices(files).enumerate().map(read, num_parallel_calls=tf.data.AUTOTUNE)
    bad = []
    for place in bad_places(examples, len(files), title).tolist():
        try:
            decode(tf.io.read_file(files[place]))
        except tf.errors.OpError as error:
            bad.append(BadExample(files[place], reason_of(error), range(place, place + 1)))
    return tuple(bad)


def _digest(root: pathlib.Path, files: list[tuple[str, int]]) -> str:
    """Names and sizes of the files, in order: wherever the folder lies."""
    paths = [pathlib.Path(file) for file, _ in files]
    lines = [f"{path.relative_to(root).as_posix()} {path.stat().st_size}" for path in paths]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
