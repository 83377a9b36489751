"""cutmix-tf gallery: what each method makes of the same images."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import tensorflow as tf

from cutmix_tf import datasets
from cutmix_tf.attention import Teacher
from cutmix_tf.cli import _gallery_figures as figures
from cutmix_tf.cli._tyro import import_tyro

tyro = import_tyro()

COUNT = 10  # images that all figures together show
SIDE = 256  # pixels: photographs are cropped to squares and resized
FILES = re.compile(r"\.(jpe?g|png|gif)$", re.IGNORECASE)
DPI = 200  # twice what a page shows


@dataclasses.dataclass(frozen=True)
class GalleryOptions:
    """Draws the figures of the docs from the built-in shapes, or from photographs of yours."""

    save: Path
    """The folder for the figures: mixes.png, and one for each method in methods/."""
    images: Path | None = None
    """A folder of images (JPEG, PNG or still GIF). Their classes are its subfolders, or the names of the files."""
    teacher: str = "none"
    """Whose attention guides Attentive CutMix: a name such as mobilenet_v2, a run, or a .keras file. "none" leaves it
    out."""


def main(words: list[str], program: str) -> None:
    """Reads the command line, draws, and says what was saved."""
    options = tyro.cli(GalleryOptions, args=words, prog=program)
    examples = _shapes() if options.images is None else figures.Examples(*read_folder(options.images), maps=None)
    if options.teacher != "none":
        examples = examples._replace(maps=np.asarray(Teacher(options.teacher).maps(examples.images), np.float32))
    folder = options.save / "methods"
    folder.mkdir(parents=True, exist_ok=True)
    _save(figures.draw_steps(examples), options.save / "mixes.png")
    for name, figure in figures.draw_strips(examples):
        _save(figure, folder / f"{name}.png")
    print(f"Saved {options.save / 'mixes.png'}, and a figure for each method in {folder}")


def _save(figure, path: Path) -> None:
    figure.savefig(path, dpi=DPI, pil_kwargs={"optimize": True})


def _shapes() -> figures.Examples:
    """One of the built-in images of each class."""
    shapes = datasets.load("shapes")
    images, labels, masks = (
        np.asarray(part) for part in (shapes.train.images, shapes.train.labels, shapes.train.masks)
    )
    first = np.sort(np.unique(labels, return_index=True)[1])
    return figures.Examples(images[first], labels[first], shapes.class_names, maps=None, masks=masks[first])


def read_folder(folder: Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Images from all over a folder, their class ids, and the names of the classes.

    Images are cropped to squares and resized.

    Raises:
      FileNotFoundError: if there are fewer than two images in the folder.
      ValueError: if one can't be read.
    """
    files = sorted(path for path in folder.rglob("*") if FILES.search(path.name))
    if len(files) < 2:
        raise FileNotFoundError(
            f"The gallery needs at least two images (JPEG, PNG or GIF); got {len(files)} in {folder}."
        )
    chosen = [files[place] for place in np.linspace(0, len(files) - 1, min(COUNT, len(files))).round().astype(int)]
    classes = [path.parent.name if path.parent != folder else _readable(path.stem) for path in chosen]
    names = sorted(set(classes))
    return np.stack([_read(path) for path in chosen]), np.array([names.index(each) for each in classes]), tuple(names)


def _readable(stem: str) -> str:
    """The name of a file as words, without ImageNet's class id in front."""
    return re.sub(r"^n\d{8}_", "", stem).replace("_", " ")


def _read(path: Path) -> np.ndarray:
    try:
        image = datasets.decode(tf.io.read_file(str(path))).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise ValueError(f"{path} can't be read as a JPEG, PNG or still GIF. Remove it from the folder.") from error
    side = min(image.shape[:2])
    square = tf.image.resize_with_crop_or_pad(image, side, side)
    resized = tf.image.resize(square, (SIDE, SIDE), antialias=True)
    return tf.saturate_cast(tf.round(resized), tf.uint8).numpy()
