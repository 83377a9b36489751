"""Draws docs/mixes.png from the built-in dataset: python docs/draw.py."""

from pathlib import Path

import tensorflow as tf

import cutmix_tf as cm

METHODS = {"CutMix": cm.CutMix(), "MixUp": cm.MixUp(), "Cutout": cm.Cutout(size=14, fill=(124, 132, 133))}


def main() -> None:
    """Draws eight images, and below them what each method makes of them and their targets."""
    shapes = cm.datasets.load("shapes")
    images, labels = shapes.train.images[:8], shapes.train.labels[:8]
    rows = [(images, labels), *(mixer(images, labels, seed=(5, 0)) for mixer in METHODS.values())]
    figure = cm.plotting.draw_mixes(
        tf.concat([tf.cast(row, tf.float32) for row, _ in rows], 0),
        tf.concat([cm.targets.to_soft(targets, shapes.num_classes) for _, targets in rows], 0),
        shapes.class_names,
        rows=("original", *METHODS),
    )
    figure.savefig(Path(__file__).with_name("mixes.png"), dpi=110)


if __name__ == "__main__":
    main()
