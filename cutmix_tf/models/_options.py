"""What a builder may be asked for beyond images, classes and stem: the one place that names these options."""

import dataclasses
from typing import Any, Literal, get_args

from cutmix_tf._checks import check_choice
from cutmix_tf.models._regularizer import REGULARIZERS, Regularizer

LastStride = Literal[1, 2]


@dataclasses.dataclass(frozen=True)
class BuilderOptions:
    """The options of all builders, at the values that every model accepts.

    A new option is a field here, a check below, and a keyword argument of the builders that take it, whose rows in
    the model table list it under `options`.

    Args:
      regularizer: What is put into the residual units: `WithDropBlock()`, `WithStochasticDepth()` or `WithShakeDrop()`,
        with their settings; None for nothing.
      last_stride: Stride of a ResNet's last stage, 1 or 2. With 1 the last feature map is twice as high and wide, as is
        usual for localizing objects: 14×14 at 224 pixels. The number of parameters stays the same.

    Raises:
      TypeError: if regularizer is not one of the three.
      ValueError: if last_stride is neither 1 nor 2.
    """

    regularizer: Regularizer | None = None
    last_stride: LastStride = 2

    def __post_init__(self):
        check_choice("last_stride", self.last_stride, get_args(LastStride))
        if self.regularizer is not None and not isinstance(self.regularizer, tuple(REGULARIZERS.values())):
            raise TypeError(
                f"regularizer must be one of {', '.join(f'{kind}(...)' for kind in REGULARIZERS)}, or None; "
                f"got {self.regularizer!r}."
            )

    def chosen(self) -> dict[str, Any]:
        """The options with another value than the default, by name."""
        fields = dataclasses.fields(self)
        return {each.name: getattr(self, each.name) for each in fields if getattr(self, each.name) != each.default}
