"""Draws docs/mixes.png from the built-in set: python docs/draw.py."""

from pathlib import Path

import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf import plotting


def main() -> None:
    """A row of CutMix, one of MixUp and one of Cutout, each picture with its target."""
    shapes = cm.datasets.load("shapes")
    images, targets = [], []
    for row, mixer in enumerate((cm.CutMix(), cm.MixUp(), cm.Cutout(size=14, fill=(124, 132, 133)))):
        batch = slice(8 * row, 8 * row + 8)
        mixed, labels = mixer(shapes.train.images[batch], shapes.train.labels[batch], seed=(5, row))
        images.append(tf.cast(mixed, tf.float32))
        targets.append(cm.targets.to_soft(labels, shapes.num_classes))
    figure = plotting.draw_mixes(tf.concat(images, 0), tf.concat(targets, 0), shapes.class_names)
    figure.savefig(Path(__file__).with_name("mixes.png"), dpi=110)


if __name__ == "__main__":
    main()
