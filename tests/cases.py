"""The table of methods that the laws are tried on: one row a method, and rows for its settings."""

from cutmix_tf import CutMix, Cutout, MixUp, OneOf

PASTING = {
    "CutMix": CutMix(),
    "CutMix, small alpha": CutMix(alpha=0.3),
    "CutMix, for the batch": CutMix(per="batch"),
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
