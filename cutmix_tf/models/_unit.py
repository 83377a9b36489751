"""Where a residual unit stands in its network."""

import dataclasses
from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Unit:
    """One residual unit; all its numbers begin at 1.

    Attributes:
      stage: Of the network; feature maps keep their size within a stage.
      block: The unit's number in its stage.
      number: Its number in the network.
      stages: How many stages the network has.
      units: How many units it has.
    """

    stage: int
    block: int
    number: int
    stages: int
    units: int

    @property
    def name(self) -> str:
        """What the names of its layers begin with."""
        return f"stage{self.stage}_block{self.block}"

    @property
    def stride(self) -> int:
        """How much it shrinks height and width: every stage but the first halves them in its first unit."""
        return 2 if self.stage > 1 and self.block == 1 else 1


def units_of(depths: tuple[int, ...]) -> Iterator[Unit]:
    """The units of a network with `depths[i]` of them in stage i + 1, from the images on."""
    number = 0
    for stage, depth in enumerate(depths, start=1):
        for block in range(1, depth + 1):
            number += 1
            yield Unit(stage, block, number, stages=len(depths), units=sum(depths))
