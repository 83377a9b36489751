"""Random mixers and elements: valid calls, and calls in which one thing is wrong, for the fuzz test.

All functions draw from a NumPy generator rather than from Hypothesis: it is fast, draws evenly, and its examples are
small enough to be understood without shrinking.
"""

import dataclasses
import functools
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf.mixing import MIXERS, BoundMixer, Canvas, HiddenMixer, Mixer
from helpers.errors import refusal
from helpers.execution import op_by_op

BFLOAT16 = np.dtype(tf.bfloat16.as_numpy_dtype)


def one(chance, values):
    return values[chance.integers(len(values))]


def half(chance):
    return chance.random() < 0.5


# ---- mixers ----

COMMON = {"prob": [0, 0.5, 1.0, 1.0], "per": ["example", "example", "batch"]}
ALPHA, SIZE, FILL = [1e-3, 0.2, 1, 30.0], [1, 2, 3, 5, 8, 12], [0.0, 7, (1.0, 2.0, 3.0)]
TAPS = [(0,), (1, 2), (0, "block", 3)]
SETTINGS = {
    "CutMix": {"alpha": ALPHA, **COMMON},
    "MixUp": {"alpha": ALPHA, **COMMON},
    "AttentiveCutMix": {"top_n": [1, 2, 5, 9, None], "alpha": [], **COMMON},
    "CenterGaussianCutMix": {"alpha": ALPHA, "spread": [0, 0.25, 3.0], **COMMON},
    "FixedSizeCutMix": {"size": SIZE, **COMMON},
    "Cutout": {"size": SIZE, "fill": FILL, **COMMON},
    "HideAndSeek": {"sides": [(1,), (0, 2, 3), [4, 9]], "fill": FILL, **COMMON},
    "RandomErasing": {
        "area": [(0.02, 0.4), (1e-6, 1), (1.0, 1.0)],
        "aspect": [(0.3, 3), (1e-3, 1e3)],
        "fill": [*FILL, "noise", "color"],
        "value_range": [(0, 255), (0, 255), None],
        **COMMON,
    },
    "FMix": {"alpha": ALPHA, "decay": [1, 3.0, 10], **COMMON},
    "GridMix": {"cells": [1, 2, 5], "alpha": ALPHA, **COMMON},
    "SaliencyMix": {"alpha": ALPHA, "saliency": ["images", "attention"], **COMMON},
    "ResizeMix": {"scale": [(0.1, 0.8), [0.5, 1], (1e-3, 1.0)], **COMMON},
    "Mosaic": {"center": [(0.25, 0.75), [0, 1], (0.5, 0.5)], **COMMON},
    "FeatureCutMix": {"alpha": ALPHA, "taps": TAPS, **COMMON},
    "ManifoldMixUp": {"alpha": ALPHA, "taps": TAPS, **COMMON},
    "OneOf": {"mixers": [], "weights": [], "per": COMMON["per"]},
    "OneHotTarget": {"mixer": []},
    "CompleteLabel": {"mixer": []},
    "ObjectAware": {
        "mixer": [],
        "rule": ["area", "semantic"],
        "objects": ["attention", "masks", "saliency"],
    },
}
"""For each method and each of its settings some valid values; none if they depend on other settings."""

COMBINABLE = [name for name in SETTINGS if issubclass(MIXERS[name], Mixer) and "mixer" not in SETTINGS[name]]


def arguments(chance, name):
    """Settings of a mixer, valid one by one and together."""
    given = {key: one(chance, values) for key, values in SETTINGS[name].items() if values}
    if name == "AttentiveCutMix":
        given["alpha"] = one(chance, ALPHA) if given["top_n"] is None else None
    if name == "RandomErasing" and not isinstance(given["fill"], str):
        given["value_range"] = None
    if "mixer" in SETTINGS[name]:
        given["mixer"] = mixer_of(chance, COMBINABLE)
        while given["mixer"].num_images > 2:
            given["mixer"] = mixer_of(chance, COMBINABLE)
        if blends(given["mixer"]) and "objects" in given:
            given["objects"] = "attention"  # masks can't be blended
    if "mixers" in SETTINGS[name]:
        given["mixers"] = [mixer_of(chance, COMBINABLE) for _ in range(chance.integers(1, 4))]
        given["weights"] = one(chance, [None, [1, 2, 3.5][: len(given["mixers"])]])
    return given


def mixer_of(chance, names=tuple(SETTINGS)):
    name = one(chance, names)
    return bound(chance, MIXERS[name](**arguments(chance, name)))


def bound(chance, mixer):
    """The mixer; if it mixes features, as if it were bound to a model."""
    if not isinstance(mixer, HiddenMixer):
        return mixer
    grids = tuple(tuple(chance.integers(1, 9, 2).tolist()) for _ in mixer.taps)
    return mixer.bound_to(grids, int(chance.integers(1, 4)))


def leaves(mixer):
    """The mixers that a mixer is made of."""
    inner = getattr(mixer, "mixers", None) or [getattr(mixer, "mixer", None)]
    return [mixer] if inner == [None] else [leaf for part in inner for leaf in leaves(part)]


@functools.cache
def blends(mixer):
    """Whether its plans blend."""
    return _plan_of(mixer).blends


def rounds_freely(call):
    """Whether compiled code may round the last place of its pixels otherwise: in blends, and in means of floats."""
    means = _plan_of(call.mixer).source is not None and call.parts["images"].dtype.kind not in "ui"
    return means or blends(call.mixer)


def _plan_of(mixer):
    """A plan for small images."""
    planner = mixer.mixer if isinstance(mixer, BoundMixer) else mixer
    maps = tf.zeros([2, 12, 9]) if planner.uses_attention else None
    canvas = Canvas(*map(tf.constant, (2, 4, 4)), maps, saliency=tf.zeros([2, 4, 4], tf.int32))
    return planner.plan(canvas, (0, 0))


@functools.cache
def moves_boxes(mixer):
    """Whether its plans paste boxes and nothing else."""
    return isinstance(mixer, Mixer) and not only_erases(mixer) and refusal(lambda: _move_boxes(mixer)) is None


def _move_boxes(mixer):
    element = {"images": tf.zeros([2, 4, 4, 3]), "bounding_boxes": {"boxes": [[[0.0] * 4]] * 2, "labels": [[1]] * 2}}
    if uses_attention(mixer):
        element["attention"] = tf.zeros([2, 12, 9])
    if uses_masks(mixer):
        element["segmentation_masks"] = tf.zeros([2, 4, 4])
    with op_by_op():
        mixer(element)


def resizes(mixer):
    return any(type(leaf).__name__ == "ResizeMix" for leaf in leaves(mixer))


def uses_attention(mixer):
    return getattr(mixer, "uses_attention", False)


def uses_masks(mixer):
    return getattr(mixer, "objects", None) == "masks"


def erasers(mixer):
    return [leaf for leaf in leaves(mixer) if leaf.keeps_labels]


def only_erases(mixer):
    return len(erasers(mixer)) == len(leaves(mixer))


# ---- valid calls ----


@dataclasses.dataclass(frozen=True)
class Call:
    mixer: Any
    parts: dict[str, Any]
    as_dict: bool
    options: dict[str, Any]

    def __call__(self, **options):
        return self.on(self.parts, **self.options | options)

    def on(self, parts, **options):
        parts = dict(parts)
        if self.as_dict:
            boxes, labels = (parts.pop(name, None) for name in ("boxes", "box_labels"))
            if "boxes" in self.parts and "bounding_boxes" not in parts:
                parts["bounding_boxes"] = {"boxes": boxes, "labels": labels}
            return self.mixer(parts, **options)
        options |= {"attention": parts.pop("attention")} if "attention" in parts else {}
        return self.mixer(*(parts.get(name) for name in ("images", "labels", "sample_weights")), **options)


def call_of(chance, mixer):
    """A call with everything its mixer needs and nothing that it refuses; batches of one and of none included."""
    count, height, width = int(one(chance, [0, 1, 2, 3, 3, 4, 5, 6])), *chance.integers(1, 10, 2).tolist()
    parts = {"images": images_for(chance, mixer, count, height, width)}
    as_dict = (half(chance) and not isinstance(mixer, BoundMixer)) or uses_masks(mixer)
    has_boxes = as_dict and half(chance) and moves_boxes(mixer)
    if has_boxes:
        parts["boxes"], parts["box_labels"] = boxes_for(chance, count, height, width)
    if half(chance) if only_erases(mixer) or has_boxes else True:
        parts["labels"] = labels_for(chance, count)
        if half(chance):
            weights = chance.integers(0, 4, count) / 2
            parts["sample_weights"] = weights.astype(one(chance, ["float16", "float32", "float64"]))
    if uses_attention(mixer):
        maps = chance.integers(0, 20, (count, *one(chance, [(3, 3), (4, 7), (9, 1), (12, 9)])))
        parts["attention"] = maps.astype(one(chance, ["uint8", "float16", BFLOAT16, "float32"]))
    if uses_masks(mixer) or (as_dict and not blends(mixer) and half(chance)):
        last = one(chance, [(), (1,), (2,)])
        masks = np.zeros((count, height, width, *last)) + np.arange(count).reshape(-1, 1, 1, *last and (1,))
        parts["segmentation_masks"] = masks.astype(one(chance, ["uint8", "int32", "float32"]))
    seed = int(chance.integers(-(2**31), 2**31)), int(chance.integers(2**62))
    options = {"seed": seed, "strength": one(chance, [None, None, 0.5, 1, tf.constant(0.25)])}
    return Call(mixer, parts, as_dict, options)


DTYPES = [np.dtype(name) for name in ("int8", "uint8", "int32", "uint16", "int64", "float32", "float64", "float16")]
DTYPES.append(BFLOAT16)


def accepted(mixer):
    """Numbers of channels and dtypes of images that a mixer accepts; all of them if it accepts none."""
    kinds = [(channels, dtype) for channels in (1, 3, 4) for dtype in DTYPES]
    check = getattr(mixer, "check_images", lambda images: None)
    return [kind for kind in kinds if _passes(check, tf.zeros([1, 1, 1, kind[0]], kind[1]))] or kinds


def _passes(check, images):
    try:
        check(images)
    except ValueError:
        return False
    return True


def images_for(chance, mixer, count, height, width):
    """Image i shows i, plus a pattern that differs between places and channels where rounding allows it."""
    channels, kind = one(chance, accepted(mixer))
    coarse = blends(mixer) and kind in (np.float16, BFLOAT16)
    pattern = 0 if coarse else 8 * (np.indices((height, width)).sum(axis=0) % 4)[..., None] + 32 * np.arange(channels)
    images = np.arange(count).reshape(-1, 1, 1, 1) + np.broadcast_to(pattern, (height, width, channels))
    images = images.astype(kind) + kind.type(1 / 3 if kind in (np.float32, np.float64) else 0)
    if kind.kind not in "iu" and count and chance.random() < 0.2:
        images[chance.integers(count), chance.integers(height)] = one(chance, [np.nan, np.inf, -np.inf])
    return images


def labels_for(chance, count):
    """Every example of another class: ids of any integer dtype, or one-hot, smoothed or multi-label rows."""
    form = one(chance, ["ids", "large", "column", "one-hot", "smoothed", "multi-label"])
    ids = chance.permutation(100)[:count]
    if form in ("ids", "column"):
        ids = ids.astype(one(chance, ["uint8", "int8", "int32", "int64"]))
        return ids if form == "ids" else ids[:, None]
    if form == "large":
        return (2**24 - ids).astype(one(chance, ["int32", "int64"]))
    rows = np.eye(count, max(count, 2))
    if form == "smoothed":
        rows = 0.9 * rows + 0.1 / rows.shape[1]
    if form == "multi-label":
        rows = np.concatenate([rows, chance.integers(0, 2, (count, 3))], axis=1)
    return rows.astype(one(chance, ["float16", BFLOAT16, "float32", "float64"]))


def boxes_for(chance, count, height, width):
    """Up to three boxes in whole pixels for each image as left, top, right, bottom, some beyond the image or empty.

    The first one is always there.
    """
    number = int(chance.integers(1, 4))
    first = chance.integers(-2, (width, height), (count, number, 2))
    boxes = np.concatenate([first, first + chance.integers(0, (width + 1, height + 1), (count, number, 2))], axis=2)
    labels = chance.integers(0, 100, (count, number))
    labels[:, 1:][chance.random((count, number - 1)) < 0.3] = -1
    boxes[labels == -1] = -1
    return boxes.astype(one(chance, ["float32", "float64"])), labels.astype(one(chance, ["int8", "int32", "float32"]))


# ---- what no mixer can mix ----

wide = {"i": np.int64, "u": np.int64}
SPOILED_PARTS = {
    "images": [
        lambda images: images[0],
        lambda images: images[None, None],
        lambda images: np.zeros(images.shape, bool),
        lambda images: np.zeros(images.shape, np.complex64),
        lambda images: images[:, :0],
        lambda images: images[..., :0],
        lambda images: None,
        lambda images: "images",
        lambda images: [[1], [2, 3]],
        lambda images: tf.ragged.constant([[1], [2, 3]]),
    ],
    "labels": [
        lambda labels: labels[:-1],
        lambda labels: labels[None, None],
        lambda labels: np.zeros(labels.shape, bool),
        lambda labels: labels.astype(wide.get(labels.dtype.kind, np.float64)) - 2**30,
        lambda labels: (
            labels.astype(wide.get(labels.dtype.kind, np.float64)) + 2**62 + (np.inf if labels.ndim > 1 else 0)
        ),
        lambda labels: labels.ravel()[: len(labels)].astype(np.float32),
        lambda labels: np.full(labels.shape, np.nan),
        lambda labels: np.full(labels.shape, np.inf, np.float32),
        lambda labels: np.zeros((len(labels), 3), np.int32),
        lambda labels: np.zeros((len(labels), 0), np.float32),
        lambda labels: ["a"] * len(labels),
        lambda labels: {},
        lambda labels: [[1], [2, 3]],
    ],
    "sample_weights": [
        lambda weights: weights[:-1],
        lambda weights: weights[:, None],
        lambda weights: weights.astype(np.int32),
        lambda weights: weights - 5,
        lambda weights: weights + np.nan,
        lambda weights: weights + np.inf,
        lambda weights: "weights",
    ],
    "segmentation_masks": [
        lambda masks: masks[:-1],
        lambda masks: masks[:, :-1],
        lambda masks: masks[:, :, 1:],
        lambda masks: masks[..., None, None],
        lambda masks: masks.astype(str),
        lambda masks: [[1], [2, 3]],
    ],
    "boxes": [
        lambda boxes: boxes[:-1],
        lambda boxes: boxes[:, :-1],
        lambda boxes: boxes[..., :3],
        lambda boxes: boxes.astype(np.int32),
        lambda boxes: boxes.astype(np.float16),
        lambda boxes: boxes + np.nan,
        lambda boxes: boxes + np.inf,
        lambda boxes: boxes * [-1, 1, 1, 1] + [9, 0, -20, 0],
        lambda boxes: None,
        lambda boxes: [[1], [2, 3]],
    ],
    "box_labels": [
        lambda labels: labels[:-1],
        lambda labels: labels[:, 1:],
        lambda labels: labels[..., None],
        lambda labels: labels.astype(bool),
        lambda labels: np.zeros(labels.shape, np.uint8),
        lambda labels: labels.astype(np.int32) - 200,
        lambda labels: labels + np.float32(np.nan),
        lambda labels: "labels",
    ],
    "attention": [
        lambda maps: maps[:-1],
        lambda maps: maps[0],
        lambda maps: maps[:, :0],
        lambda maps: maps.astype(np.float32) + np.nan,
        lambda maps: maps.astype(np.float32) - np.inf,
        lambda maps: maps.astype(np.int32),
        lambda maps: maps.astype(np.float64),
        lambda maps: None,
    ],
}
SPOILED_OPTIONS = {
    "seed": ["ab", (1,), (1, 2, 3), (1.0, 2.0), 5, [], {}, (None, 1), (2**70, 1), (True, False), tf.zeros([2])],
    "strength": ["x", -0.1, 1.5, np.nan, np.inf, [0.5, 0.5, 0.5], [], {}, 1j, True],
}
EXTRA_KEYS = ["bounding_boxes", "image", "lables", 5, None, ("images",)]


def spoiled(chance, call):
    """What was spoiled, and a call that is valid but for that."""
    parts, options = dict(call.parts), dict(call.options)
    kind = one(chance, ["option", "key" if call.as_dict else "part", "part", "part"])
    if kind == "option":
        name = one(chance, list(SPOILED_OPTIONS))
        what = options[name] = one(chance, SPOILED_OPTIONS[name])
    elif kind == "key":
        name = one(chance, EXTRA_KEYS)
        what = parts[name] = np.zeros(len(parts["images"]))
    else:
        name = one(chance, list(parts))
        what = parts[name] = one(chance, SPOILED_PARTS[name])(parts[name])
    return f"{kind} {name}: {what}", dataclasses.replace(call, parts=parts, options=options)
