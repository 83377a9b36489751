"""The table of methods that the laws are tried on: one row a method, and rows for its settings."""

import tensorflow as tf

from cutmix_tf import AttentiveCutMix, CutMix, Cutout, MixUp, OneOf


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
}
MIXING = {**PASTING, **BLENDING}
ALL = {**MIXING, **ERASING, "OneOf, mix or erase": OneOf([CutMix(), MixUp(), Cutout(size=4, fill=9)])}
