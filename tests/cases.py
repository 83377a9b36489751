"""The table of methods that the laws are tried on: one row a method, and rows for its settings."""

import tensorflow as tf

from cutmix_tf import AttentiveCutMix, CutMix, Cutout, HideAndSeek, MixUp, OneOf, RandomErasing
from cutmix_tf.mixing import CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, OneHotTarget


class WithMaps:
    """A mixer that is given attention maps, drawn from the seed, where it needs some."""

    def __init__(self, mixer, grid=(7, 7)):
        self.mixer, self.grid = mixer, grid

    def __call__(self, images, labels, *, seed):
        if not self.mixer.uses_attention:
            return self.mixer(images, labels, seed=seed)
        shape = [tf.shape(images)[0], *self.grid]
        bits = tf.random.stateless_uniform(shape, seed, minval=0, maxval=256, dtype=tf.int32, alg="philox")
        return self.mixer(images, labels, attention=tf.cast(bits, tf.uint8), seed=seed)

    def __repr__(self):
        return repr(self.mixer)


PASTING = {
    "CutMix": CutMix(),
    "CutMix, small alpha": CutMix(alpha=0.3),
    "CutMix, for the batch": CutMix(per="batch"),
    "AttentiveCutMix": AttentiveCutMix(),
    "AttentiveCutMix, drawn number": AttentiveCutMix(top_n=None, alpha=2.0),
    "AttentiveCutMix, for the batch": AttentiveCutMix(top_n=9, per="batch"),
    "CenterGaussianCutMix": CenterGaussianCutMix(),
    "FixedSizeCutMix": FixedSizeCutMix(size=7),
    "OneOf, box or cells": OneOf([CutMix(), AttentiveCutMix()]),
    "OneOf, two pasting": OneOf([CutMix(), CutMix(alpha=0.5)], weights=[3, 1]),
}
BLENDING = {
    "MixUp": MixUp(),
    "MixUp, for the batch": MixUp(alpha=0.4, per="batch"),
    "OneOf, paste or blend": OneOf([CutMix(), MixUp()]),
    "OneOf, for the batch": OneOf([CutMix(), MixUp()], per="batch"),
}
ERASING = {
    "Cutout": Cutout(size=8, fill=200),
    "Cutout, for the batch": Cutout(size=7, fill=(1, 2, 3), per="batch"),
    "HideAndSeek": HideAndSeek(sides=(0, 3, 5), fill=200),
    "HideAndSeek, for the batch": HideAndSeek(sides=(4,), per="batch"),
    "RandomErasing": RandomErasing(prob=1.0),
    "RandomErasing, one color": RandomErasing(prob=1.0, fill="color", per="batch"),
    "RandomErasing, constant": RandomErasing(fill=7),
}
RELABELED = {"OneHotTarget": OneHotTarget(CutMix()), "CompleteLabel": CompleteLabel(CutMix())}
MIXING = {**PASTING, **BLENDING}
MIXED_METHODS = OneOf([CutMix(), MixUp(), Cutout(size=4, fill=9), HideAndSeek(sides=(3,)), RandomErasing()])
ALL = {**MIXING, **RELABELED, **ERASING, "OneOf, mix or erase": MIXED_METHODS}
