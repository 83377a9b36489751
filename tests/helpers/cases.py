"""The table of methods that the laws are tested on: a row for each method, and further rows for its settings.

Which laws apply to a row follows from the method's own properties, see `PASTING` and the others below.
"""

import functools
import hashlib

import numpy as np
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, OneHotTarget
from helpers import laws

CASES = {
    "CutMix": cm.CutMix(),
    "CutMix, small alpha": cm.CutMix(alpha=0.3),
    "CutMix, per batch": cm.CutMix(per="batch"),
    "AttentiveCutMix": cm.AttentiveCutMix(),
    "AttentiveCutMix, drawn number": cm.AttentiveCutMix(top_n=None, alpha=2.0),
    "AttentiveCutMix, per batch": cm.AttentiveCutMix(top_n=9, per="batch"),
    "CenterGaussianCutMix": CenterGaussianCutMix(),
    "FixedSizeCutMix": FixedSizeCutMix(size=7),
    "MixUp": cm.MixUp(),
    "MixUp, per batch": cm.MixUp(alpha=0.4, per="batch"),
    "OneHotTarget": OneHotTarget(cm.CutMix()),
    "CompleteLabel": CompleteLabel(cm.CutMix()),
    "ObjectAware": cm.ObjectAware(cm.CutMix()),
    "ObjectAware, semantic": cm.ObjectAware(cm.CutMix(), rule="semantic"),
    "ObjectAware, cells": cm.ObjectAware(cm.AttentiveCutMix()),
    "ObjectAware, blended": cm.ObjectAware(cm.MixUp()),
    "Cutout": cm.Cutout(size=8, fill=200),
    "Cutout, per batch": cm.Cutout(size=7, fill=(1, 2, 3), per="batch"),
    "HideAndSeek": cm.HideAndSeek(sides=(0, 3, 5), fill=200),
    "HideAndSeek, per batch": cm.HideAndSeek(sides=(4,), per="batch"),
    "RandomErasing": cm.RandomErasing(prob=1.0, value_range=(0, 255)),
    "RandomErasing, color": cm.RandomErasing(prob=1.0, fill="color", per="batch", value_range=(0, 255)),
    "RandomErasing, constant": cm.RandomErasing(fill=7),
    "FMix": cm.FMix(),
    "FMix, per batch": cm.FMix(decay=1.5, per="batch"),
    "ObjectAware, shapes": cm.ObjectAware(cm.FMix()),
    "GridMix": cm.GridMix(),
    "GridMix, per batch": cm.GridMix(cells=3, alpha=0.5, per="batch"),
    "SaliencyMix": cm.SaliencyMix(),
    "SaliencyMix, attention": cm.SaliencyMix(saliency="attention", per="batch"),
    "ObjectAware, saliency": cm.ObjectAware(cm.CutMix(), objects="saliency"),
    "OneOf, two grids": cm.OneOf([cm.GridMix(), cm.AttentiveCutMix(), cm.MixUp()]),
    "ResizeMix": cm.ResizeMix(),
    "ResizeMix, per batch": cm.ResizeMix(scale=(0.5, 1.0), per="batch"),
    "ObjectAware, resized": cm.ObjectAware(cm.ResizeMix()),
    "OneOf, resized or not": cm.OneOf([cm.CutMix(), cm.ResizeMix()]),
    "Mosaic": cm.Mosaic(),
    "Mosaic, per batch": cm.Mosaic(center=(0.1, 0.9), per="batch"),
    "OneOf, two or four": cm.OneOf([cm.CutMix(), cm.Mosaic(), cm.ResizeMix(), cm.Mosaic(center=(0.5, 0.5))]),
    "OneOf, box or shape": cm.OneOf([cm.FMix(), cm.AttentiveCutMix(), cm.Cutout(size=4, fill=9)]),
    "OneOf, mix or erase": cm.OneOf(
        [
            cm.CutMix(),
            cm.MixUp(),
            cm.Cutout(size=4, fill=9),
            cm.HideAndSeek(sides=(3,)),
            cm.RandomErasing(value_range=(0, 255)),
        ]
    ),
    "OneOf, box or cells": cm.OneOf([cm.CutMix(), cm.AttentiveCutMix()]),
    "OneOf, weights": cm.OneOf([cm.CutMix(), cm.CutMix(alpha=0.5)], weights=[3, 1]),
    "OneOf, paste or blend": cm.OneOf([cm.CutMix(), cm.MixUp()]),
    "OneOf, per batch": cm.OneOf([cm.CutMix(), cm.MixUp()], per="batch"),
}
HIDDEN = {
    "FeatureCutMix": cm.FeatureCutMix(),
    "FeatureCutMix, per batch": cm.FeatureCutMix(alpha=0.5, per="batch"),
    "ManifoldMixUp": cm.ManifoldMixUp(),
}


class WithMaps:
    """A mixer that is given attention maps, drawn from the seed, if it needs them."""

    def __init__(self, mixer, grid=(7, 7)):
        self.mixer, self.grid = mixer, grid

    def __call__(self, images, labels, *, seed):
        maps = {"attention": self.maps(tf.shape(images)[0], seed)} if self.mixer.uses_attention else {}
        return self.mixer(images, labels, seed=seed, **maps)

    def maps(self, batch, seed):
        bits = tf.random.stateless_uniform([batch, *self.grid], seed, 0, 256, tf.int32, alg="philox")
        return tf.cast(bits, tf.uint8)

    def __repr__(self):
        return repr(self.mixer)


@functools.cache
def plan_of(mixer):
    """One of the plans that a mixer draws."""
    maps = tf.cast(WithMaps(mixer).maps(4, (0, 0)), tf.float32)
    saliency = tf.cast(WithMaps(mixer, (12, 20)).maps(4, (0, 1)), tf.int32)
    return mixer.plan(Canvas(tf.constant(4), tf.constant(12), tf.constant(20), maps, saliency), (0, 0))


def blends(mixer):
    """Whether it makes values that no image had, in floats."""
    return plan_of(mixer).blends


def resizes(mixer):
    """Whether it pastes values that no image had."""
    return plan_of(mixer).source is not None


def takes(mixer, images):
    """Whether it can process images of that dtype and number of channels."""
    try:
        mixer.check_images(tf.convert_to_tensor(images))
    except ValueError:
        return False
    return True


def only_mixes(mixer):
    """Whether it erases nothing, and its labels describe its images."""
    return mixer.plan_is_complete and not plan_of(mixer).erase


ERASING = {name: mixer for name, mixer in CASES.items() if mixer.keeps_labels}
RELABELED = {name: mixer for name, mixer in CASES.items() if not mixer.plan_is_complete}
MIXING = {name: mixer for name, mixer in CASES.items() if only_mixes(mixer)}
PASTING = {name: mixer for name, mixer in MIXING.items() if not blends(mixer)}
KEEPING_PLACE = {name: mixer for name, mixer in PASTING.items() if not resizes(mixer) and mixer.num_images == 2}
ONE_OF_EACH = {type(mixer).__name__: mixer for mixer in reversed(CASES.values())}
"""The first row of each method."""


def digests():
    """A digest of what the first row of each method makes of one batch."""
    for mixer in ONE_OF_EACH.values():
        images, targets = WithMaps(mixer)(*laws.numbered_batch(), seed=(3, 5))
        yield hashlib.sha256(np.asarray(images).tobytes() + np.asarray(targets).tobytes()).hexdigest()
