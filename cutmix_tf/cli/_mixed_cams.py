"""What a network sees in mixed pictures: python -m cutmix_tf.cli._mixed_cams RUN --save FILE."""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from cutmix_tf import targets as target_forms
from cutmix_tf.evaluation._cam import cam, resize_maps, scale_maps
from cutmix_tf.evaluation._examples import load_examples
from cutmix_tf.evaluation._network import Network, load_network
from cutmix_tf.mixing import Mixer
from cutmix_tf.plotting._mixes import INK
from cutmix_tf.training import mixer_from_text

ROWS = ("image", "partner", "mix", "map of its class", "map of the partner's")


def mixed_maps(network: Network, images: np.ndarray, labels: np.ndarray, mixer: Mixer, seed=(0, 0)):
    """Mixed pictures and the class-activation maps of both their classes (Yun et al. 2019, Figure 1).

    Args:
      network: Ends in global average pooling and one dense layer.
      images: uint8 (n, height, width, 3).
      labels: int (n,), all different, so that they tell who the partner is.
      mixer: Pastes or blends pairs, such as `CutMix()`.
      seed: Of the mixer.

    Returns:
      The mixed pictures, float32 like `images`; each one's partner, int (n,); and the maps of the own and of the
      partner's class on the mixed picture, float32 (n, height, width).

    Raises:
      ValueError: if labels repeat, the network has no such head, or the mixer does not mix by pairs.
    """
    if len(set(np.asarray(labels).tolist())) < len(labels):
        raise ValueError("Pictures of different classes are needed, so that each map is of one of them.")
    if mixer.keeps_labels or mixer.uses_attention or not mixer.plan_is_complete:
        raise ValueError(f"A mixer that pastes or blends pairs is needed, such as CutMix(); got {mixer!r}.")
    mixed, targets = mixer(images, np.asarray(labels, np.int32), seed=seed)
    mixed = np.asarray(mixed, np.float32)
    own, other, _ = (np.asarray(part, np.int64) for part in target_forms.split(targets))
    partner = np.array([int(np.flatnonzero(np.asarray(labels) == label)[0]) for label in other])
    own_maps, other_maps = (resize_maps(cam(network, mixed, classes), mixed.shape[1:3]) for classes in (own, other))
    return mixed, partner, own_maps, other_maps


def draw_mixed_cams(images: np.ndarray, mixed: np.ndarray, partner: np.ndarray, own_maps, other_maps):
    """The figure: a column for each example, from the image down to the maps of both classes on the mix."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.0 + 1.3 * len(images), 1.35 * len(ROWS)), layout="constrained")
    grid = figure.subplots(len(ROWS), len(images), squeeze=False)
    shown = np.clip(mixed, 0, 255).astype(np.uint8)
    for row, (title, pictures) in enumerate(zip(ROWS, (images, images[partner], shown, shown, shown), strict=True)):
        grid[row, 0].set_ylabel(title, fontsize=8, color=INK)
        for axes, picture in zip(grid[row], pictures, strict=True):
            axes.imshow(picture.mean(axis=2) if row > 2 else picture, cmap="gray", interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    for row, maps in ((3, own_maps), (4, other_maps)):
        for axes, scaled in zip(grid[row], scale_maps(maps), strict=True):
            axes.imshow(scaled, cmap="magma", alpha=0.6, interpolation="nearest", vmin=0, vmax=1)
    return figure


def main(
    run: Annotated[Path, tyro.conf.Positional],
    save: Path,
    mix: str = "CutMix()",
    count: int = 8,
    seed: int = 0,
    data_dir: str | None = None,
) -> None:
    """Draws the first test pictures of different classes, mixed, with the maps of both classes.

    Args:
      run: A finished run, or a .keras file.
      save: The picture's file.
      mix: How pictures are mixed.
      count: How many pictures.
      seed: Of the mixing.
      data_dir: Where TFDS finds prepared sets.
    """
    try:
        network, mixer = load_network(run), mixer_from_text(mix)
        if mixer is None:
            raise ValueError("A mixer is needed, such as CutMix(); got none.")
        examples = load_examples(network, data_dir=data_dir)
        _, first = np.unique(examples.labels, return_index=True)
        chosen = np.sort(first)[:count]
        images, labels = examples.images[chosen], examples.labels[chosen]
        figure = draw_mixed_cams(images, *mixed_maps(network, images, labels, mixer, (seed, 0)))
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        sys.exit(f"mixed_cams: {error}")
    figure.savefig(save, dpi=120)
    print(f"Saved {save}")


if __name__ == "__main__":
    tyro.cli(main)
