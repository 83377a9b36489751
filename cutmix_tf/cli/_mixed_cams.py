"""cutmix-tf mixed-cams: what a model sees in mixed images."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from cutmix_tf import evaluation, plotting
from cutmix_tf.cli._tyro import import_tyro
from cutmix_tf.evaluation.metrics import scale_maps
from cutmix_tf.training import mixer_from_text

tyro = import_tyro()


@dataclasses.dataclass(frozen=True)
class MixedCamsOptions:
    """Draws test images of different classes, mixed, with the class-activation maps of both classes."""

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a finished run, or a .keras file."""
    save: Path
    """The file for the figure."""
    mix: str = "CutMix()"
    """How the images are mixed."""
    count: int = 8
    """Number of images."""
    seed: int = 0
    """Seed of the mixing."""
    dataset: str | None = None
    """The dataset to take images from; by default the one that the run was trained on."""
    data_dir: str | None = None
    """Where TFDS finds prepared datasets."""


def main(words: list[str], program: str) -> None:
    """Reads the command line, draws, and says what was saved."""
    options = tyro.cli(MixedCamsOptions, args=words, prog=program)
    draw(options).savefig(options.save, dpi=110)
    print(f"Saved {options.save}")


def draw(options: MixedCamsOptions):
    """The figure.

    Raises:
      ValueError, TypeError, OSError: for whatever is missing or doesn't fit.
    """
    model = evaluation.load_model(options.run)
    mixer: Any = mixer_from_text(options.mix)  # `mixed_maps` checks it
    examples = evaluation.load_examples(model, options.dataset, data_dir=options.data_dir)
    _, first = np.unique(examples.labels, return_index=True)
    chosen = np.sort(first)[: options.count]
    images, labels = examples.images[chosen], examples.labels[chosen]
    found = evaluation.mixed_maps(model, images, labels, mixer, (options.seed, 0))
    maps = scale_maps(found.own), scale_maps(found.other)
    names = [examples.class_names[label] for label in labels]
    titles = [f"{name} + {names[other]}" for name, other in zip(names, found.partner, strict=True)]
    return plotting.draw_mixed_cams(images, images[found.partner], found.mixed, *maps, titles)
