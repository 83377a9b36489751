"""The recipes by name."""

from collections.abc import Callable

from cutmix_tf._checks import look_up
from cutmix_tf.mixing import AttentiveCutMix, CutMix, MixUp, OneOf
from cutmix_tf.recipes._recipe import Recipe


def deit() -> Recipe:
    """CutMix (α = 1) or MixUp (α = 0.8) by a fair coin for each batch, and cross-entropy with label smoothing 0.1.

    Reference:
      Touvron et al., "Training data-efficient image transformers & distillation through attention", ICML 2021,
      https://arxiv.org/abs/2012.12877, Table 9.
    """
    return Recipe(_by_a_coin(mixup_alpha=0.8), label_smoothing=0.1)


def rsb_a2() -> Recipe:
    """CutMix (α = 1) or MixUp (α = 0.1) by a fair coin for each batch, and binary cross-entropy.

    Targets above 0.2 count as 1, the others as 0, so that both labels of a mixed image are present.

    Reference:
      Wightman, Touvron and Jégou, "ResNet strikes back: An improved training procedure in timm", 2021,
      https://arxiv.org/abs/2110.00476, Table 2, procedure A2.
    """
    return Recipe(_by_a_coin(mixup_alpha=0.1), "binary_crossentropy", target_threshold=0.2)


def attentive_mix_plus() -> Recipe:
    """AttentiveMix+: Attentive CutMix with a number of cells drawn from Beta(2, 2), and cross-entropy.

    It needs attention maps, in a config a teacher.

    Reference:
      Li et al., "OpenMixup: Open Mixup Toolbox and Benchmark for Visual Representation Learning", 2022,
      https://arxiv.org/abs/2209.04851.
    """
    return Recipe(AttentiveCutMix(top_n=None, alpha=2.0))


def _by_a_coin(mixup_alpha: float) -> OneOf:
    """One method, one λ and one box for each batch, as in timm, with which both papers trained."""
    return OneOf((MixUp(alpha=mixup_alpha, per="batch"), CutMix(per="batch")), per="batch")


RECIPES: dict[str, Callable[[], Recipe]] = {recipe.__name__: recipe for recipe in (attentive_mix_plus, deit, rsb_a2)}
"""Every recipe by the name that a config and the command line use."""


def recipe_of(name: str) -> Recipe:
    """The recipe of that name. Raises ValueError or TypeError, with the nearest name, if there is none."""
    return look_up(name, RECIPES, "recipe")()
