"""A model and everything it is evaluated on."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from cutmix_tf.datasets import BadExamples, ImageSet
from cutmix_tf.evaluation._cam import cam
from cutmix_tf.evaluation._examples import Examples, load_examples, load_images
from cutmix_tf.evaluation._model import EvaluatedModel
from cutmix_tf.evaluation.metrics import resize_maps
from cutmix_tf.evaluation.perturbations._noise import NOISES, Noise

NOISE_IMAGES = 10_000
OPTIONAL = frozenset({"ood_sets", "corrupted"})


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """A model and everything it is evaluated on.

    Attributes:
      model: The evaluated model.
      examples: Its test set.
      ood_sets: Images of other datasets by name, each as an iterable of arrays (n, height, width, 3).
      corrupted: Corrupted copies of the test set by name.
    """

    model: EvaluatedModel
    examples: Examples
    ood_sets: Mapping[str, Iterable[np.ndarray]] = dataclasses.field(default_factory=dict)
    corrupted: Mapping[str, Examples] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def logits(self) -> np.ndarray:
        """Of the examples: float32 (n, classes)."""
        return self.model.logits(self.examples.images)

    @functools.cached_property
    def true_maps(self) -> np.ndarray:
        """Class-activation maps of the true classes, at the images' size: float32 (n, height, width)."""
        maps = cam(self.model, self.examples.images, self.examples.labels)
        return resize_maps(maps, self.examples.images.shape[1:3])


def load_task(
    model: EvaluatedModel,
    *,
    dataset: str | ImageSet | None = None,
    ood: Sequence[str | ImageSet] = NOISES,
    corrupted: Sequence[str | ImageSet] = (),
    uses: frozenset[str] = OPTIONAL,
    limit: int | None = None,
    data_dir: str | None = None,
    bad_examples: BadExamples = "refuse",
) -> Task:
    """Loads all data before anything is computed, so that what is missing is reported at once.

    Args:
      model: The evaluated model.
      dataset: As for `load_examples`.
      ood: Datasets that the model was not trained on: "uniform" and "gaussian" noise, loaded datasets, or names of the
        catalogue.
      corrupted: Corrupted copies of the test set: loaded, or names of the catalogue such as "cifar10_corrupted/fog_3".
      uses: Which of "ood_sets" and "corrupted" to load; the others stay empty.
      limit: How many images of each set, sampled at random but the same ones each time; None for all, and 10,000 of
        noise.
      data_dir: As for `datasets.load`.
      bad_examples: As for `datasets.load`.

    Raises:
      ValueError: if the test set itself is among the OOD sets, or the number of classes doesn't match the model.
      Whatever `datasets.load` raises.
    """
    options: dict[str, Any] = {"limit": limit, "data_dir": data_dir, "bad_examples": bad_examples}
    examples = load_examples(model, dataset, **options)
    ood_sets, copies = {}, {}
    if "ood_sets" in uses:
        if examples.name in map(_name, ood):
            raise ValueError(f"OOD sets must differ from the test set; got {examples.name} in ood. Leave it out.")
        ood_sets = {_name(each): _ood_set(model, each, options) for each in ood}
    if "corrupted" in uses:
        copies = {_name(each): load_examples(model, each, **options) for each in corrupted}
    return Task(model, examples, ood_sets, copies)


def _name(dataset: str | ImageSet) -> str:
    return dataset if isinstance(dataset, str) else dataset.name


def _ood_set(model: EvaluatedModel, dataset: str | ImageSet, options: dict[str, Any]) -> Iterable[np.ndarray]:
    if isinstance(dataset, str) and dataset in NOISES:
        return Noise(dataset, options["limit"] or NOISE_IMAGES, model.preprocessing.image_size)
    return [load_images(model, dataset, **options)]
