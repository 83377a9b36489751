"""cutmix-tf attention: the attention maps of a config, computed ahead of training, and drawn."""

import argparse
import dataclasses
from pathlib import Path

import tensorflow as tf

from cutmix_tf import plotting
from cutmix_tf.attention import cached_maps
from cutmix_tf.cli._config import read_config
from cutmix_tf.mixing import AttentiveCutMix, Canvas
from cutmix_tf.training import Prepared, prepare


def main(words: list[str], program: str) -> None:
    """Computes or checks the cache of a config, or with --save draws how its teacher guides mixing."""
    usage = f"{program} CONFIG [--save FILE] [--count COUNT] [overrides of the config]"
    parser = argparse.ArgumentParser(usage=usage, add_help=False, allow_abbrev=False)
    parser.add_argument("--save", type=Path, metavar="FILE", help="draw a figure instead of computing the cache")
    parser.add_argument("--count", type=int, default=8, help="number of examples in the figure (default: %(default)s)")
    options, words = parser.parse_known_args(words)
    if {"-h", "--help"} & {*words}:
        parser.print_help()  # followed by the help of the overrides
    prepared = prepare(read_config(words, program))
    if options.save is None:
        print(_compute(prepared))
    else:
        draw(prepared, options.count).savefig(options.save, dpi=110)
        print(f"Saved {options.save}")


def _compute(prepared: Prepared) -> str:
    """Computes the cache, or checks the one that is there; says what it holds."""
    config = prepared.config
    if config.teacher is None:
        raise ValueError("The config has no teacher, so it needs no cache. Set teacher, for example to a .keras file.")
    count, rows, columns = cached_maps(config.cache_path, prepared.train_split, config.teacher, verbose=True).shape
    path = config.cache_path
    return f"{path}: {count} maps of {rows}×{columns} cells, {path.stat().st_size / 1e6:.2f} MB"


def draw(prepared: Prepared, count: int = 8):
    """Augmented training images, their partners, the teacher's live maps, the cells and the mixes, as a figure.

    Raises:
      ValueError: unless the config mixes by AttentiveCutMix.
    """
    config, mixer, teacher = prepared.config, prepared.config.mix, prepared.config.teacher
    if not isinstance(mixer, AttentiveCutMix) or teacher is None:
        raise ValueError(f"The figure needs a config that mixes by AttentiveCutMix; got mix={mixer}.")
    unmixed = dataclasses.replace(prepared, config=dataclasses.replace(config, batch_size=count, attention="live"))
    unmixed = dataclasses.replace(unmixed, mixer=_unmixed, preprocessing=prepared.preprocessing.in_pixels())
    images, (labels, maps) = next(iter(unmixed.train_batches()))
    seed = tf.constant([config.seed, 0])
    height, width = images.shape[1:3]
    plan = mixer.plan(Canvas(tf.shape(images)[0], height, width, maps), seed)
    mixed, targets = mixer(images, labels, attention=maps, seed=seed)
    partners, partner_maps = tf.gather(images, plan.partner), tf.gather(maps, plan.partner)
    names = prepared.images.class_names
    return plotting.draw_attention(images, partners, partner_maps, plan.cells, mixed, targets, names)


def _unmixed(images, labels, *, attention, seed):
    """Takes a mixer's place, and returns what it gets."""
    return images, (labels, attention)
