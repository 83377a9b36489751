"""cutmix-tf predict: what a finished run says about images."""

import dataclasses
from pathlib import Path
from typing import Annotated

import numpy as np

from cutmix_tf import evaluation, plotting
from cutmix_tf.cli._tyro import import_tyro
from cutmix_tf.evaluation.metrics import resize_maps, scale_maps
from cutmix_tf.inference import Classifier, Predictions

tyro = import_tyro()


@dataclasses.dataclass(frozen=True)
class PredictOptions:
    """Prints a line for each image: its most probable classes with their probabilities."""

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a finished run, or its classifier.keras."""
    images: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Images of any size: JPEG, PNG or still GIF."""
    top: int = 5
    """How many classes to print for each image."""
    save: Path | None = None
    """A file for a figure of the images as the model sees them, with the class-activation map of the first class."""


def main(words: list[str], program: str) -> None:
    """Reads the command line, predicts, prints, and draws."""
    options = tyro.cli(PredictOptions, args=words, prog=program)
    if not options.images:
        raise ValueError("Name at least one image, such as cat.png.")
    classifier = Classifier.load(options.run)
    predictions = classifier.predict(list(options.images), top=options.top)
    width = max(len(str(image)) for image in options.images)
    for image, line in zip(options.images, str(predictions).splitlines(), strict=True):
        print(f"{image!s:<{width}}  {line}")
    if options.save is not None:
        draw(classifier, options.images, predictions).savefig(options.save, dpi=110)
        print(f"Saved {options.save}")


def draw(classifier: Classifier, images: tuple[Path, ...], predictions: Predictions):
    """The images as the model sees them, above the class-activation maps of their most probable classes.

    Raises:
      ValueError: if the model has no class-activation maps.
    """
    crops = classifier.crops(list(images))
    model = evaluation.EvaluatedModel(classifier.logits_model, image_size=crops.shape[1:3])
    maps = resize_maps(evaluation.cam(model, crops, predictions.class_ids[:, 0]), crops.shape[1:3])
    best = zip(predictions.names[:, 0], predictions.probabilities[:, 0], strict=True)
    titles = [f"{name}\n{100 * share:.1f} %" for name, share in best]
    return plotting.draw_cams(np.asarray(crops), scale_maps(maps), titles)
