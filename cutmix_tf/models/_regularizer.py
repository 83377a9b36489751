"""Regularizers of residual models, as values that a config can hold and print."""

import dataclasses

from cutmix_tf._arguments import NamedArguments
from cutmix_tf._checks import check_number, check_whole
from cutmix_tf.layers import DropBlock, DropRule, ShakeDrop, StochasticDepth, unit_drop_rate
from cutmix_tf.models._unit import Unit


@dataclasses.dataclass(frozen=True)
class Regularizer(NamedArguments):
    """What is put into the residual units of a model; this one puts in nothing.

    Builders call `on_map` after each normalization in a unit (after its ReLU, if one follows) and on the shortcut, and
    `on_branch` at the end of each residual branch, just before the sum.
    """

    def on_map(self, x, unit: Unit, name: str):
        """The regularized map of that name in the unit."""
        return x

    def on_branch(self, x, unit: Unit):
        """The regularized residual branch of the unit."""
        return x


NOTHING = Regularizer()


@dataclasses.dataclass(frozen=True)
class WithDropBlock(Regularizer):
    """Puts `layers.DropBlock` into all units of the last two stages, after each BatchNormalization (and ReLU).

    The shortcuts get one too. The rate is constant unless `cutmix_tf.layers.LinearDropSchedule` lets it grow.

    Args:
      drop_rate: Expected share of dropped cells in the last stage, in [0, 1]; CutMix compares with 0.1.
      block_size: Side of a block in cells: 7 on ImageNet, 4 on CIFAR.
      per_channel: Whether each channel has blocks of its own.
      stage_factor: How many times lower the rate is in the stage before the last, at least 1. The default is that of
        the authors' ImageNet code, keep_prob = 1 − drop_rate / 4^(4 − stage); 1 gives both stages the same rate.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Reference:
      Ghiasi et al., "DropBlock", NeurIPS 2018, https://arxiv.org/abs/1810.12890, Section 4.1. The lower rate of the
      third stage is not in the paper, but in the code that its authors published.
    """

    drop_rate: float = 0.1
    block_size: int = 7
    per_channel: bool = True
    stage_factor: float = 4.0

    def __post_init__(self):
        check_number("drop_rate", self.drop_rate, low=0, high=1)
        check_whole("block_size", self.block_size, low=1)
        if not isinstance(self.per_channel, bool):
            raise TypeError(f"per_channel must be True or False; got {self.per_channel!r}.")
        check_number("stage_factor", self.stage_factor, low=1)

    def on_map(self, x, unit: Unit, name: str):
        """The map with blocks dropped, in the last two stages."""
        if unit.stage < unit.stages - 1:
            return x
        rate = self.drop_rate / self.stage_factor ** (unit.stages - unit.stage)
        return DropBlock(rate, self.block_size, self.per_channel, name=f"{unit.name}_{name}_drop_block")(x)


@dataclasses.dataclass(frozen=True)
class WithStochasticDepth(Regularizer):
    """Puts `layers.StochasticDepth` at the end of every residual branch.

    Args:
      drop_rate: Probability that a mini-batch skips the last branch, in [0, 1]; CutMix compares with 0.25.
      rule: "linear" gives unit l of L the rate l / L · drop_rate, as in the paper; "constant" gives all units the same.
        The CutMix paper does not say which one it used.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Reference:
      Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016, https://arxiv.org/abs/1603.09382, Section 3.
    """

    drop_rate: float = 0.25
    rule: DropRule = "linear"

    def __post_init__(self):
        unit_drop_rate(self.drop_rate, 1, 1, self.rule)

    def on_branch(self, x, unit: Unit):
        """The branch, skipped at the unit's rate."""
        rate = unit_drop_rate(self.drop_rate, unit.number, unit.units, self.rule)
        return StochasticDepth(rate, name=f"{unit.name}_stochastic_depth")(x)


@dataclasses.dataclass(frozen=True)
class WithShakeDrop(Regularizer):
    """Puts `layers.ShakeDrop` at the end of every residual branch, with the rate l / L · drop_rate in unit l of L.

    Args:
      drop_rate: Probability that the last branch is perturbed, in [0, 1].

    Raises:
      ValueError, TypeError: if `drop_rate` is not a number in [0, 1].

    Reference:
      Yamada et al., "ShakeDrop Regularization for Deep Residual Learning", 2018, https://arxiv.org/abs/1802.02375.
    """

    drop_rate: float = 0.5

    def __post_init__(self):
        check_number("drop_rate", self.drop_rate, low=0, high=1)

    def on_branch(self, x, unit: Unit):
        """The branch, perturbed at the unit's rate."""
        rate = unit_drop_rate(self.drop_rate, unit.number, unit.units)
        return ShakeDrop(rate, name=f"{unit.name}_shake_drop")(x)


REGULARIZERS: dict[str, type[Regularizer]] = {
    kind.__name__: kind for kind in (WithDropBlock, WithStochasticDepth, WithShakeDrop)
}
