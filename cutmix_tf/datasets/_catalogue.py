"""Datasets by name."""

import logging
from typing import NamedTuple, get_args

from cutmix_tf._checks import check_choice
from cutmix_tf.datasets._bad_examples import BadExample, BadExamples, places_of, summary_of
from cutmix_tf.datasets._folder import FolderSet
from cutmix_tf.datasets._image_set import ImageSet
from cutmix_tf.datasets._prepared import PreparedSet
from cutmix_tf.datasets._roles import choose_parts
from cutmix_tf.datasets._slices import Part
from cutmix_tf.datasets._stored_set import StoredSet
from cutmix_tf.datasets._tfds import find_builder

LOG = logging.getLogger("cutmix_tf")

Channels = tuple[float, float, float]


class Facts(NamedTuple):
    """What is known of a dataset besides its files.

    Attributes:
      mean: Of each channel, in pixel units from 0 to 255.
      std: Of each channel, in pixel units.
      unlabeled: Its splits whose labels are missing.
    """

    mean: Channels
    std: Channels
    unlabeled: tuple[str, ...] = ()


_CIFAR = Facts((125.3, 123.0, 113.9), (63.0, 62.1, 66.7))  # for both sets, as in the official CutMix code
_IMAGENET = Facts((0.485 * 255, 0.456 * 255, 0.406 * 255), (0.229 * 255, 0.224 * 255, 0.225 * 255))

FACTS = {
    "shapes": Facts((124.3, 132.3, 132.7), (76.0, 60.7, 63.6)),
    "cifar10": _CIFAR,
    "cifar100": _CIFAR,
    "imagenet2012": _IMAGENET._replace(unlabeled=("test",)),
}


def load(
    name: str,
    *,
    data_dir: str | None = None,
    download: bool = False,
    bad_examples: BadExamples = "refuse",
    train_split: str = "train",
    validation_split: str | None = None,
    test_split: str | None = None,
    classes: tuple[int, int] | None = None,
) -> ImageSet:
    """Loads a classification dataset.

    Splits are given in TFDS's slicing syntax: "train", "train[:10%]", "train[90%:]", "train[:500]+validation". A slice
    of an image folder holds all classes in their proportions; other slices follow the order of storage.

    Args:
      name: `shapes`, the small built-in set with boxes and masks; `folder:PATH`, image files arranged as
        split/class/file; or any TFDS set whose examples have one image and one label (`cifar10`, `imagenet2012`,
        `caltech_birds2011`, `cifar10:3.0.2`, …). Images of any kind come with three channels.
      data_dir: Where TFDS sets are prepared; None for the environment variable TFDS_DATA_DIR, or else
        ~/tensorflow_datasets.
      download: Whether to download and prepare a TFDS set that is missing.
      bad_examples: "refuse" stops at what can't be read: a damaged record, an image that can't be decoded, a label out
        of range. Sets in memory are read here, others when they are used; `cutmix-tf check-data NAME` lists what is
        unreadable. "skip" reads everything once, leaves out what is unreadable, and logs it. Slices count stored
        examples, so they are the same either way but for those that are left out.
      train_split: What to train on.
      validation_split: What to choose the best epoch on, such as "train[90%:]"; None for no validation split.
      test_split: What to test on; None for the set's own test split, or else its validation split.
      classes: The first class and the one after the last, such as (0, 25), to load only the images of these, with
        labels from 0; None for all. Splits are sliced before. Where images are read as they are used, all are read once
        for their labels.

    Returns:
      The dataset. Splits of equal-sized images, up to 2 GiB of pixels, are in memory; others are read as they are used.

    Raises:
      FileNotFoundError: if a known dataset, a file of it, or the folder is missing.
      ImportError: if tensorflow-datasets is needed and not installed.
      RuntimeError: if the download failed.
      TypeError: if a split is not a string.
      ValueError: if the name is unknown, or names a set of another kind; if a split is unknown, empty, or shares
        examples with the validation split; if the classes are out of range, or a split shows none of them; if the set
        is damaged or, with "skip", nothing of a split can be read.
    """
    check_choice("bad_examples", bad_examples, get_args(BadExamples))
    stored, facts = _find(name, data_dir, download)
    parts = choose_parts(name, stored.counts, train_split, validation_split, test_split)
    splits = {role: stored.read(some, skip=bad_examples == "skip") for role, some in parts.items()}
    for role, split in splits.items():
        if bad := split.left_out:
            LOG.warning("Left out %s", summary_of(bad, len(split) + len(places_of(bad)), f"{name} {role}"))
    images = ImageSet(name, stored.class_names, facts.mean, facts.std, splits)
    return images if classes is None else images.of_classes(classes)


class Checked(NamedTuple):
    """What reading a split found.

    Attributes:
      bad: What can't be read.
      lost: Number of unreadable examples.
      count: Number of examples.
    """

    bad: tuple[BadExample, ...]
    lost: int
    count: int


def find_bad_examples(name: str, data_dir: str | None = None) -> dict[str, Checked]:
    """Reads and decodes all stored splits of a dataset.

    Args:
      name: As for `load`.
      data_dir: As for `load`.

    Returns:
      What was found, by the name of the split.

    Raises:
      Whatever `load` raises for a dataset that is unknown or missing.
    """
    stored, _ = _find(name, data_dir, download=False)
    found = {}
    for source, count in stored.counts.items():
        bad = stored.find_bad([Part(source, 0, count)])
        found[source] = Checked(bad, len(places_of(bad)), count)
    return found


def _find(name: str, data_dir: str | None, download: bool) -> tuple[StoredSet, Facts]:
    if name == "shapes":
        from cutmix_tf.datasets._shapes_set import ShapesSet  # here, since few programs paint shapes

        return ShapesSet(), FACTS["shapes"]
    if name.startswith("folder:"):
        return FolderSet(name.removeprefix("folder:")), _IMAGENET
    builder = find_builder(name, data_dir, download)
    facts = FACTS.get(builder.name, _IMAGENET)
    return PreparedSet(builder, facts.unlabeled), facts
