"""How well cached maps, moved with their pictures, agree with live ones: python benchmarks/agreement.py CONFIG.

Takes augmented training batches of a config with a teacher, chooses the top cells once from the moved cached maps and
once from the teacher's maps of the moved pictures, and counts how many of them are the same. Unmoved pictures show
what bytes and padding alone cost.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import tensorflow as tf
from _timing import environment, save_json

from cutmix_tf import AttentiveCutMix, datasets, pipeline
from cutmix_tf.attention import cached_maps
from cutmix_tf.mixing import top_cells
from cutmix_tf.training import read_command_line


def overlap(batches: tf.data.Dataset, teacher, top_n: int) -> float:
    """Mean share of the top cells of the cached maps that are top cells of the live maps too."""
    shares = []
    for images, maps in batches.as_numpy_iterator():
        chosen = [np.asarray(top_cells(tf.constant(m), tf.fill([len(m)], top_n))) for m in (maps, teacher.maps(images))]
        shares.append((chosen[0] & chosen[1]).sum(axis=(1, 2)) / top_n)
    return float(np.concatenate(shares).mean())


def pixels_and_maps(images, labels, *, attention, seed):
    """Stands where a mixer stands, and passes on the augmented pictures and their maps."""
    return images, attention


def main() -> None:
    """Measures augmented and unmoved pictures, and prints or saves the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=8, help="of 128 pictures (default: %(default)s)")
    parser.add_argument("--save", type=Path, metavar="PATH", help="write the record as JSON")
    settings, words = parser.parse_known_args()
    config = read_command_line(words)
    if config.teacher is None or not isinstance(config.mix, AttentiveCutMix) or config.mix.top_n is None:
        raise SystemExit(
            "A config with a teacher and a fixed top_n is needed, such as configs/cifar10_resnet20_attentive.py."
        )
    teacher, top_n = config.teacher, config.mix.top_n
    split = datasets.load(config.dataset, data_dir=config.data_dir).train
    split = dataclasses.replace(split, attention=cached_maps(config.cache_path, split, teacher))
    record = {"benchmark": "agreement", **environment(("tensorflow", "keras", "numpy"))}
    record["pictures"], record["top_n"] = 128 * settings.batches, top_n
    record["chance"] = round(top_n / float(np.prod(teacher.shape)), 4)
    for augment in ("none", "flip", config.augment):
        preprocessing = pipeline.Preprocessing(split.images.shape[1:3], (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), augment=augment)
        batches = pipeline.train_batches(split, preprocessing, batch_size=128, seed=config.seed, mix=pixels_and_maps)
        record[augment] = round(overlap(batches.take(settings.batches), teacher, top_n), 4)
        print(f"{augment}: {record[augment]:.1%} of the top {top_n} cells agree")
    if settings.save:
        save_json(record, settings.save)


if __name__ == "__main__":
    main()
