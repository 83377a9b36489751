"""The config of one training run: all groups of settings together."""

import dataclasses
from pathlib import Path

from cutmix_tf.attention import cache_path
from cutmix_tf.recipes import Recipe, recipe_of
from cutmix_tf.training._settings import (
    GROUPS,
    AugmentationSettings,
    DataSettings,
    ModelSettings,
    OptimizationSettings,
    RunSettings,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig(RunSettings, OptimizationSettings, ModelSettings, AugmentationSettings, DataSettings):
    """One training run; the same config gives the same run. See the groups for each setting.

    Raises:
      TypeError: for an unknown setting, or a value of the wrong type.
      ValueError: for a value out of range, or settings that don't go together.
    """

    def __post_init__(self):
        if self.recipe is not None:
            self._follow(recipe_of(self.recipe))
        for group in GROUPS:
            group.__post_init__(self)
        if self.data_service is not None and self.teacher is not None and self.attention == "live":
            raise ValueError(
                "The workers of a data service can't ask a teacher in this process; got attention='live' and "
                f"data_service={self.data_service!r}. Use attention='cache', or leave out the service."
            )

    def _follow(self, recipe: Recipe) -> None:
        """Takes the recipe's settings. Raises ValueError if others were given."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        for name, value in recipe.settings.items():
            given = getattr(self, name)
            if given != defaults[name] and given != value:
                raise ValueError(
                    f"recipe={self.recipe!r} sets {name}={value!r}; got {given!r}. Leave out one of the two."
                )
            object.__setattr__(self, name, value)

    @property
    def cache_path(self) -> Path:
        """The file of the attention maps. Raises ValueError if there is no teacher."""
        if self.teacher is None:
            raise ValueError("Attention maps need a teacher; got None. Set teacher, for example to 'resnet50'.")
        return Path(self.attention_cache) if self.attention_cache else cache_path(self.dataset, self.teacher)

    @property
    def judged_on(self) -> str:
        """What the model is evaluated on while it trains: "validation" if there is such a split, else "test"."""
        return "test" if self.validation_split is None else "validation"
