"""Where a residual unit stands in its model."""

import dataclasses
from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Unit:
    """One residual unit, counted from 1.

    Attributes:
      stage: Its stage; feature maps keep their size within a stage.
      block: Its number in the stage.
      number: Its number in the model.
      stages: Number of stages of the model.
      units: Number of units of the model.
      stride: What it divides height and width by.
    """

    stage: int
    block: int
    number: int
    stages: int
    units: int
    stride: int

    @property
    def name(self) -> str:
        """The prefix of its layers' names."""
        return f"stage{self.stage}_block{self.block}"


def units_of(depths: tuple[int, ...], last_stride: int = 2) -> Iterator[Unit]:
    """The units of a model with `depths[i]` of them in stage i + 1, from the images on.

    Every stage but the first halves height and width in its first unit; the last stage divides them by `last_stride`.
    """
    number, stages = 0, len(depths)
    for stage, depth in enumerate(depths, start=1):
        for block in range(1, depth + 1):
            number += 1
            shrink = 1 if stage == 1 or block > 1 else last_stride if stage == stages else 2
            yield Unit(stage, block, number, stages=stages, units=sum(depths), stride=shrink)
