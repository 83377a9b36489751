"""Draws how a config's teacher guides mixing: python -m cutmix_tf.cli._attention CONFIG --save FILE."""

import argparse
import dataclasses
from pathlib import Path

import tensorflow as tf

from cutmix_tf import pipeline, plotting
from cutmix_tf.cli._config_words import read_command_line
from cutmix_tf.mixing import AttentiveCutMix, Canvas
from cutmix_tf.training._config import TrainConfig
from cutmix_tf.training._inputs import load_images, preprocessing_of


def draw(config: TrainConfig, count: int = 8):
    """Augmented training pictures, their partners, the teacher's live maps, the cells and the mixes, as a figure.

    Raises:
      ValueError: unless the config mixes by AttentiveCutMix.
    """
    mixer, teacher = config.mix, config.teacher
    if not isinstance(mixer, AttentiveCutMix) or teacher is None:
        raise ValueError(f"A config that mixes by AttentiveCutMix is needed; got mix={mixer}.")
    images = load_images(config)
    still = dataclasses.replace(preprocessing_of(config, images), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    batches = pipeline.train_batches(
        images.train, still, batch_size=count, seed=config.seed, mix=_unmixed, attend=teacher.attend
    )
    batch, (labels, maps) = next(iter(batches))
    seed = tf.constant([config.seed, 0])
    height, width = batch.shape[1:3]
    plan = mixer.plan(Canvas(tf.shape(batch)[0], height, width, maps), seed)
    mixed, targets = mixer(batch, labels, attention=maps, seed=seed)
    partners, partner_maps = tf.gather(batch, plan.partner), tf.gather(maps, plan.partner)
    return plotting.draw_attention(batch, partners, partner_maps, plan.cells, mixed, targets, images.class_names)


def _unmixed(images, labels, *, attention, seed):
    """Stands where a mixer stands, and passes on what it gets."""
    return images, (labels, attention)


def main() -> None:
    """Reads the command line and saves the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", type=Path, required=True, help="the picture's file")
    parser.add_argument("--count", type=int, default=8, help="of examples (default: %(default)s)")
    settings, words = parser.parse_known_args()
    draw(read_command_line(words), settings.count).savefig(settings.save, dpi=110)
    print(f"Saved {settings.save}")


if __name__ == "__main__":
    main()
