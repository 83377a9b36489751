"""Datasets by name."""

import dataclasses
from typing import Literal, NamedTuple

import numpy as np

from cutmix_tf._checks import check_choice
from cutmix_tf.datasets._bad_examples import places_of, told
from cutmix_tf.datasets._folder import read_folder
from cutmix_tf.datasets._image_set import ArraySplit, ImageSet, Split
from cutmix_tf.datasets._prepared import read_split
from cutmix_tf.datasets._slices import Part, overlap, parse_split
from cutmix_tf.datasets._tfds import find_builder

Channels = tuple[float, float, float]


class Facts(NamedTuple):
    """What is known of a dataset besides its metadata: mean and std in pixel units, test split by name."""

    mean: Channels
    std: Channels
    test: tuple[str, ...] = ("test", "validation")


_CIFAR = Facts((125.3, 123.0, 113.9), (63.0, 62.1, 66.7))  # for both sets, as in the official CutMix code
_IMAGENET = Facts((0.485 * 255, 0.456 * 255, 0.406 * 255), (0.229 * 255, 0.224 * 255, 0.225 * 255))

FACTS = {
    "shapes": Facts((124.3, 132.3, 132.7), (76.0, 60.7, 63.6)),
    "cifar10": _CIFAR,
    "cifar100": _CIFAR,
    "imagenet2012": _IMAGENET._replace(test=("validation",)),  # its test split has no labels
}


def load(
    name: str,
    *,
    data_dir: str | None = None,
    download: bool = False,
    bad_examples: Literal["refuse", "skip"] = "refuse",
    train_split: str = "train",
    validation_split: str | None = None,
    test_split: str = "test",
) -> ImageSet:
    """Loads a classification dataset.

    Args:
      name: `shapes`, the small built-in set with boxes and masks; `folder:PATH`, image files arranged as
        split/class/file; or any TFDS set of one image and one label (`cifar10`, `imagenet2012`,
        `caltech_birds2011`, `cifar10:3.0.2`, …). Images of any kind come as three channels.
      data_dir: where TFDS sets are prepared; None for the environment variable TFDS_DATA_DIR, or else
        ~/tensorflow_datasets.
      download: whether a TFDS set that is not there is downloaded and prepared.
      bad_examples: "refuse" stops at what can't be read: a damaged record, a picture that can't be decoded, a label
        out of range. For sets in memory that is here, for others where it is used; `python -m cutmix_tf.data.check
        NAME` lists them. "skip" reads everything once, and leaves them out: splits are shorter, and say so.
      train_split: What to train on, in TFDS's slicing syntax: "train[:10%]".
      validation_split: What to choose the best epoch on, such as "train[90%:]"; None for no validation split.
      test_split: What to test on.

    Returns:
      The dataset. Splits of equal-sized images, up to 2 GiB, are in memory; others are read as they are used.

    Raises:
      FileNotFoundError: if a known dataset, a file of it, or the folder is missing.
      ImportError: if tensorflow-datasets is needed and not installed.
      RuntimeError: if the download failed.
      ValueError: if there is no dataset of that name, it is no classification set, or it is damaged; with "skip", if
        nothing of a split can be read.
    """
    check_choice("bad_examples", bad_examples, ("refuse", "skip"))
    images = read_set(name, data_dir, download=download, skip=bad_examples == "skip")
    for split, examples in images.splits.items():
        if bad := examples.left_out:
            print(f"Left out {told(bad, len(examples) + len(places_of(bad)), f'{name} {split}')}", flush=True)
    wanted = {"train": train_split, "validation": validation_split, "test": test_split}
    return _sliced(images, {split: spec for split, spec in wanted.items() if spec is not None})


def _sliced(images: ImageSet, wanted: dict[str, str]) -> ImageSet:
    """The set with the splits that are wanted. Raises ValueError if a validation split shares examples with another."""
    counts = {name: len(split) for name, split in images.splits.items()}
    usual = {name: spec for name, spec in wanted.items() if spec == name and name not in counts}
    parts = {name: parse_split(spec, counts) for name, spec in wanted.items() if name not in usual}
    for name in ("train", "test"):
        shared = overlap(parts.get("validation", ()), parts.get(name, ()))
        if shared:
            raise ValueError(
                f"validation_split must share no example with the {name} split; {wanted['validation']!r} and "
                f"{wanted[name]!r} have {shared} in common."
            )
    return dataclasses.replace(images, splits={name: _joined(images, some) for name, some in parts.items()})


def _joined(images: ImageSet, parts: tuple[Part, ...]) -> Split:
    if len(parts) == 1 and len(parts[0]) == len(images.splits[parts[0].source]):
        return images.splits[parts[0].source]
    if len({part.source for part in parts}) > 1:
        raise ValueError(f"Parts of one stored split can be joined; got {parts}.")
    split = images.splits[parts[0].source]
    return split.select(np.concatenate([np.arange(part.start, part.stop) for part in parts]))


def read_set(name: str, data_dir: str | None = None, *, download: bool = False, skip: bool = False) -> ImageSet:
    """What `load` loads; does not say what was left out."""
    if name == "shapes":
        return _load_shapes()
    if name.startswith("folder:"):
        class_names, splits = read_folder(name.removeprefix("folder:"), skip=skip)
        return ImageSet(name, class_names, _IMAGENET.mean, _IMAGENET.std, splits)
    return _load_tfds(name, data_dir, download, skip)


def _load_shapes() -> ImageSet:
    from cutmix_tf.datasets._shapes import CLASS_NAMES, make_shapes  # here, because few programs draw shapes

    splits = {"train": ArraySplit(*make_shapes(1000, seed=1)), "test": ArraySplit(*make_shapes(1000, seed=2))}
    return ImageSet("shapes", CLASS_NAMES, FACTS["shapes"].mean, FACTS["shapes"].std, splits)


def _load_tfds(name: str, data_dir: str | None, download: bool, skip: bool) -> ImageSet:
    builder = find_builder(name, data_dir, download)
    facts = FACTS.get(builder.name, _IMAGENET)
    there = builder.info.splits
    wanted = {"train": ("train",), "test": facts.test}
    found = {split: [source for source in sources if source in there] for split, sources in wanted.items()}
    splits = {split: read_split(builder, sources[0], skip=skip) for split, sources in found.items() if sources}
    if not splits:
        raise ValueError(
            f"A split called train, {' or '.join(facts.test)} is needed; {name} has only {', '.join(there)}. "
            "Choose another dataset."
        )
    class_names = tuple(builder.info.features["label"].names)
    return ImageSet(name, class_names, facts.mean, facts.std, splits)
