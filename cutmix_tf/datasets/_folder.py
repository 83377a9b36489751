"""Image folders: split/class/file, JPEG or PNG."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from cutmix_tf.datasets._bad_examples import BadExample, bad_places, check_some_left, places_of, reason_of
from cutmix_tf.datasets._decode import decode
from cutmix_tf.datasets._folder_split import FolderSplit, ImageFile
from cutmix_tf.datasets._slices import Part
from cutmix_tf.datasets._stored_set import StoredSet

_SUFFIXES = (".jpg", ".jpeg", ".png")


class FolderSet(StoredSet):
    """A folder whose folders are splits, whose folders are classes, whose files are images.

    A slice of a split takes as many files of each class as its share says, by the order of a digest of their paths:
    any slice holds the classes in their proportions, and its files don't depend on where the folder is. A split lists
    its files class by class, sliced or not.

    Args:
      path: The folder. Folders in it whose names begin with a dot or an underscore are ignored.

    Raises:
      FileNotFoundError: if there is no such folder.
      ValueError: if no folder in it has classes, or a class has no image in any split.
    """

    def __init__(self, path: str):
        self._root = Path(path).expanduser()
        layout = f"Arrange the images as {self._root}/train/CLASS/FILE and {self._root}/test/CLASS/FILE."
        if not self._root.is_dir():
            raise FileNotFoundError(
                f"folder: needs the path of an image folder; there is none at {self._root}. {layout}"
            )
        by_class = {split.name: _images_by_class(split) for split in _folders(self._root)}
        with_images = [classes for classes in by_class.values() if any(classes.values())]
        self.class_names = tuple(sorted({name for classes in with_images for name in classes}))
        if not self.class_names:
            raise ValueError(
                f"An image folder needs classes of images ({', '.join(_SUFFIXES)}); {self._root} has none. {layout}"
            )
        for name in self.class_names:
            if not any(classes.get(name) for classes in with_images):
                raise ValueError(
                    f"Each class needs an image; {name!r} in {self._root} has none. Add some or remove the folder."
                )
        self._files = {split: self._listed(split, classes) for split, classes in by_class.items()}
        self.counts = {split: len(files) for split, files in self._files.items() if by_class[split]}

    def _listed(self, split: str, by_class: dict[str, list[str]]) -> list[ImageFile]:
        return [
            ImageFile(f"{split}/{name}/{file}", label)
            for label, name in enumerate(self.class_names)
            for file in by_class.get(name, ())
        ]

    def read(self, parts: Sequence[Part], *, skip: bool) -> FolderSplit:
        """The files of the parts. See `StoredSet.read`."""
        files = self._chosen(parts)
        left_out = self.find_bad(parts) if skip else ()
        check_some_left(left_out, len(files), self._title(parts))
        bad = set(places_of(left_out).tolist())
        kept = tuple(file for place, file in enumerate(files) if place not in bad)
        return FolderSplit(self._root, kept, left_out=left_out)

    def find_bad(self, parts: Sequence[Part]) -> tuple[BadExample, ...]:
        """The files that can't be read and decoded. See `StoredSet.find_bad`."""
        return _find_bad(self._root, self._chosen(parts), self._title(parts))

    def _title(self, parts: Sequence[Part]) -> str:
        return f"{self._root}/{'+'.join(dict.fromkeys(part.source for part in parts))}"

    def _chosen(self, parts: Sequence[Part]) -> list[ImageFile]:
        """The files of the parts, in the order of storage."""
        files: list[ImageFile] = []
        for source in dict.fromkeys(part.source for part in parts):
            listed = self._files[source]
            order = _spread_classes(listed)
            chosen = [place for part in parts if part.source == source for place in order[part.start : part.stop]]
            files += [listed[place] for place in sorted(chosen)]
        return files


def _folders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith((".", "_")))


def _images_by_class(split: Path) -> dict[str, list[str]]:
    """Sorted names of the image files of each class."""
    return {
        folder.name: sorted(file.name for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES)
        for folder in _folders(split)
    }


def _spread_classes(files: Sequence[ImageFile]) -> list[int]:
    """The places of the files in an order of which any stretch holds the classes in their proportions."""
    digests = [hashlib.sha256(file.path.encode()).digest() for file in files]
    by_digest: dict[int, list[int]] = {}
    for place in sorted(range(len(files)), key=digests.__getitem__):
        by_digest.setdefault(files[place].label, []).append(place)
    position = {
        place: (number + 0.5) / len(places) for places in by_digest.values() for number, place in enumerate(places)
    }
    return sorted(position, key=lambda place: (position[place], digests[place]))


def _find_bad(root: Path, files: Sequence[ImageFile], title: str) -> tuple[BadExample, ...]:
    """The files that can't be read and decoded."""
    paths = [str(root / file.path) for file in files]

    def read(place, path):
        return place, decode(tf.io.read_file(path))

    examples = tf.data.Dataset.from_tensor_slices(paths).enumerate().map(read, num_parallel_calls=tf.data.AUTOTUNE)
    bad = []
    for place in bad_places(examples, len(paths), title).tolist():
        try:
            decode(tf.io.read_file(paths[place]))
        except tf.errors.OpError as error:
            bad.append(BadExample(paths[place], reason_of(error), range(place, place + 1)))
    return tuple(bad)
