"""The figures that show what each method makes of the same images."""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from cutmix_tf import mixing, models, pipeline, plotting, targets
from cutmix_tf.cli._traced import Traced, mask_of_features
from cutmix_tf.plotting import Steps

COLUMNS = 6  # images in a strip
SEED = 12  # of all strips, so that similar methods mix the same images
SHARE = 0.38  # of the partner in the columns of `steps`: visible, and not the larger part
TRIED = 24  # seeds to choose from
TAPS = (1, 3)  # the feature maps in strips
ABLATIONS = {"CenterGaussianCutMix", "FixedSizeCutMix", "OneHotTarget", "CompleteLabel"}
APART = ABLATIONS | {"AttentiveCutMix", "FeatureCutMix", "ManifoldMixUp", "ObjectAware"}  # drawn in ways of their own


class Examples(NamedTuple):
    """What figures are made of.

    Attributes:
      images: uint8 (n, height, width, 3), at least two.
      labels: Class ids (n,).
      class_names: A name for each class.
      maps: A teacher's attention for each image, float32 (n, rows, columns); None to leave out attention.
      masks: Where the objects are, bool (n, height, width); None if that is unknown.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: Sequence[str]
    maps: np.ndarray | None
    masks: np.ndarray | None = None

    def take(self, places: Sequence[int]) -> "Examples":
        """Some of them, counted around if there are too few."""
        chosen = np.asarray(places) % len(self.images)
        maps, masks = (None if part is None else part[chosen] for part in (self.maps, self.masks))
        return Examples(self.images[chosen], self.labels[chosen], self.class_names, maps, masks)

    @property
    def gray(self) -> tuple[int, ...]:
        """The mean color, to fill with."""
        return tuple(np.mean(self.images, axis=(0, 1, 2)).round().astype(int).tolist())


def as_pairs(target) -> np.ndarray:
    """Pair targets as they are; class ids as pairs whose second weight is 0."""
    target = np.asarray(target, np.float32)
    if target.ndim == 3:
        return target
    return np.stack([np.stack([target, np.ones_like(target)], 1), np.stack([target, np.zeros_like(target)], 1)], 1)


def spaced(name: str) -> str:
    """The name of a class as papers write it: "Attentive CutMix", "Hide-and-Seek"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("HideAndSeek", "Hide-and-Seek"))
    return re.sub(r" Mix\b", "Mix", words.replace("Mix Up", "MixUp").replace("One Of", "OneOf"))


def card_of(name: str) -> str:
    """The file name of a class's card: "attentive_cutmix"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return words.replace("cut_mix", "cutmix").replace("mix_up", "mixup")


@functools.cache
def tapped_model(height: int, width: int) -> models.TappedModel:
    """A model whose feature maps are mixed; only their sizes matter here."""
    name = "resnet20" if height <= 64 else "resnet18"
    return models.TappedModel(models.build(name, num_classes=2, input_shape=(height, width, 3)), range(4))


# ---- step by step ----


def draw_steps(examples: Examples):
    """The main figure: five methods step by step, a pair of images for each."""
    side = examples.images.shape[1] // 2
    methods: list[tuple[str, str, mixing.Mixer | mixing.HiddenMixer]] = [
        ("CutMix", "a box of\nthe partner", mixing.CutMix()),
        ("Attentive CutMix", "cells that a\nteacher picks", mixing.AttentiveCutMix()),
        ("MixUp", "a blend\nof both", mixing.MixUp()),
        ("Feature CutMix", "a box of\nits features", mixing.FeatureCutMix(taps=(3,))),
        ("Cutout", "a square\nerased", mixing.Cutout(size=side, fill=examples.gray)),
    ]
    if examples.maps is None:
        del methods[1]
    pairs = [examples.take((2 * number, 2 * number + 1)) for number in range(len(methods))]
    columns = [_steps(name, note, mixer, pair) for (name, note, mixer), pair in zip(methods, pairs, strict=True)]
    return plotting.draw_steps(columns, examples.class_names)


def _steps(name: str, note: str, mixer: Any, pair: Examples) -> Steps:
    """The first image of a pair, mixed with a seed that shows the method well."""
    maps = pair.maps if isinstance(mixer, mixing.AttentiveCutMix) else None
    make = _inside_model(mixer, pair) if isinstance(mixer, mixing.HiddenMixer) else _on_images(mixer, pair, maps)
    mixes = [make((seed, 0)) for seed in range(TRIED if maps is None else 1)]
    mixed, mask, target = min(mixes, key=lambda mix: abs(float(np.mean(mix[1])) - SHARE))
    return Steps(
        method=name,
        note=note,
        image=pair.images[0],
        partner=None if isinstance(mixer, mixing.Eraser) else pair.images[1],
        mask=mask,
        mixed=mixed,
        target=as_pairs(target)[0],
        attention=None if maps is None else maps[1] / max(maps[1].max(), 1e-6),
    )


def _on_images(mixer: mixing.Mixer, pair: Examples, maps) -> Callable:
    """A function of a seed: the first mixed image, its mask, and the targets."""
    details = {} if maps is None else {"attention": maps}

    def make(seed):
        inputs, target = Traced(mixer)(pair.images, pair.labels, seed=seed, **details)
        return inputs["plan"]["mixed"][0].numpy(), inputs["plan"]["mask"][0].numpy(), target

    return make


def _inside_model(mixer: mixing.HiddenMixer, pair: Examples) -> Callable:
    """The same for features, for which images averaged to their grid stand in."""
    grid = tapped_model(*pair.images.shape[1:3]).grids[int(mixer.taps[0])]

    def make(seed):
        mixed, plan, target = _mix_features(mixer, pair, seed)
        return mixed[0].numpy(), mask_of_features(plan, grid)[0], target

    return make


def _mix_features(mixer: mixing.HiddenMixer, examples: Examples, seed):
    """Images averaged to a tap's grid and mixed there, with the plan and the targets."""
    tap = int(mixer.taps[0])
    tapped = tapped_model(*examples.images.shape[1:3])
    alone = models.TappedModel(tapped.base, (tap,))
    inputs, target = alone.bind(mixer)(examples.images, examples.labels, seed=seed)
    averaged = tf.image.resize(examples.images, tapped.grids[tap], method="area")
    plan = {name: part.numpy() for name, part in inputs["plan"].items()}
    return models.mix_features(averaged, inputs["plan"]), plan, target


# ---- strips ----


def draw_strips(examples: Examples) -> Iterator[tuple[str, Any]]:
    """A figure for each card: its file name, and the same images with what the method makes of them."""
    six = examples.take(range(COLUMNS))
    for name, (title, rows) in _strips(six).items():
        yield name, _draw_strip(six, title, rows)
    if six.maps is not None:
        five = six.take(range(COLUMNS - 1))
        yield "attentive_cutmix", _draw_attention(five, np.asarray(five.maps))


def _strips(six: Examples) -> dict[str, tuple[str, Mapping[str, Callable]]]:
    """File name -> the figure's title, and its rows: title -> what makes images and targets."""
    size, gray = six.images.shape[1], six.gray
    cutout = mixing.Cutout(size=size // 2, fill=gray)
    set_up = {
        "Cutout": cutout,
        "HideAndSeek": mixing.HideAndSeek(sides=(size // 8, size // 4), fill=gray),
        "RandomErasing": mixing.RandomErasing(prob=1.0),
        "OneOf": mixing.OneOf((mixing.CutMix(), mixing.MixUp(), cutout)),
    }
    strips = {}
    for name in sorted(mixing.MIXERS.keys() - APART):
        mixer: Any = set_up.get(name) or mixing.MIXERS[name]()
        row = {"erased" if isinstance(mixer, mixing.Eraser) else "mixed": _mixes(mixer)}
        strips[card_of(name)] = spaced(name), row
    for name in ("FMix", "GridMix", "MixUp", "ResizeMix"):  # whose shares are often near 0 or 1
        mixer = mixing.MIXERS[name]()
        strips[card_of(name)] = spaced(name), {"mixed": _telling(_mixes(mixer))}
    if six.masks is not None:
        rows = {"labels by area": _mixes(mixing.CutMix()), "labels by object": _by_objects(six.masks)}
        strips["object_aware"] = "Object-aware labels", rows
    strips["cutmix_ablations"] = (
        "CutMix: one part changed",
        {
            "CenterGaussianCutMix": _mixes(mixing.CenterGaussianCutMix()),
            "FixedSizeCutMix": _mixes(mixing.FixedSizeCutMix(size=size // 2)),
            "OneHotTarget": _mixes(mixing.OneHotTarget(mixing.CutMix())),
            "CompleteLabel": _mixes(mixing.CompleteLabel(mixing.CutMix())),
        },
    )
    for name, mixer in (("feature_cutmix", mixing.FeatureCutMix()), ("manifold_mixup", mixing.ManifoldMixUp())):
        strips[name] = spaced(type(mixer).__name__), {f"at tap {tap}": _telling(_features(mixer, tap)) for tap in TAPS}
    strips["auto_augment"] = "AutoAugment", {f"draw {number}": _auto_augment(number) for number in (1, 2)}
    return strips


def _mixes(mixer: mixing.Mixer) -> Callable:
    return lambda six, seed=SEED: mixer(six.images, six.labels, seed=(seed, 0))


def _telling(make: Callable) -> Callable:
    """The same with a seed that leaves most images visible, and most partners."""

    def distance(mix) -> float:
        return float(np.abs(as_pairs(mix[1])[:, 1, 1] - SHARE).max())

    return lambda six: min((make(six, seed) for seed in range(SEED, SEED + TRIED)), key=distance)


def _by_objects(masks: np.ndarray) -> Callable:
    def make(six: Examples):
        element = {"images": six.images, "labels": six.labels, "segmentation_masks": masks.astype(np.int32)}
        mixed = mixing.ObjectAware(mixing.CutMix(), objects="masks")(element, seed=(SEED, 0))
        return mixed["images"], mixed["labels"]

    return make


def _features(mixer: mixing.HiddenMixer, tap: int) -> Callable:
    def make(six: Examples, seed: int = SEED):
        mixed, _, target = _mix_features(dataclasses.replace(mixer, taps=(tap,)), six, (seed, tap))
        return tf.image.resize(mixed, six.images.shape[1:3], method="nearest"), target

    return make


def _auto_augment(number: int) -> Callable:
    return lambda six: (pipeline.auto_augment(six.images, "cifar10", seed=(SEED, number)), six.labels)


def _draw_strip(six: Examples, title: str, rows: Mapping[str, Callable]):
    parts = [(six.images, six.labels), *(make(six) for make in rows.values())]
    return plotting.draw_mixes(
        np.concatenate([np.asarray(images, np.float32) for images, _ in parts]),
        _joined([np.asarray(target) for _, target in parts], len(six.class_names)),
        six.class_names,
        columns=COLUMNS,
        rows=("image", *rows),
        title=title,
    )


def _joined(parts: Sequence[np.ndarray], num_classes: int) -> np.ndarray:
    """Targets of several rows as pairs; as soft labels if one row has these, since it may have more than two."""
    if any(part.ndim == 2 for part in parts):
        return np.concatenate([np.asarray(targets.to_soft(part, num_classes)) for part in parts])
    pairs = [as_pairs(part) for part in parts]
    most = max(part.shape[1] for part in pairs)
    return np.concatenate([np.pad(part, ((0, 0), (0, most - part.shape[1]), (0, 0))) for part in pairs])


def _draw_attention(examples: Examples, maps: np.ndarray):
    images, mixer = examples.images, mixing.AttentiveCutMix()
    height, width = images.shape[1:3]
    seed = tf.constant((SEED, 0))
    plan = mixer.plan(mixing.Canvas(tf.shape(images)[0], height, width, tf.constant(maps)), seed)
    mixed, target = mixer(images, examples.labels, attention=maps, seed=seed)
    partner = np.asarray(plan.partner)
    parts = images, images[partner], maps[partner], plan.cells, mixed, target
    return plotting.draw_attention(*parts, examples.class_names, title="Attentive CutMix")
