"""How well cached maps, moved along with their images, agree with live ones: python benchmarks/agreement.py CONFIG.

Takes augmented training batches of a config with a teacher, chooses the top cells once by the moved cached maps and
once by the teacher's maps of the moved images, and counts how many cells are the same. Images without augmentation show
what rounding to bytes costs by itself.
"""

import argparse
import dataclasses

import numpy as np
import tensorflow as tf
from _record import RESULTS, comparison, new_record, save_record

from cutmix_tf import AttentiveCutMix, pipeline, training
from cutmix_tf.attention import Teacher
from cutmix_tf.cli._config import read_config
from cutmix_tf.mixing import top_cells

BATCH = 128


def overlap(batches: tf.data.Dataset, teacher: Teacher, top_n: int) -> float:
    """Mean share of the top cells of the cached maps that are also top cells of the live maps."""
    shares = []
    for images, maps in batches.as_numpy_iterator():
        chosen = [np.asarray(top_cells(tf.constant(m), tf.fill([len(m)], top_n))) for m in (maps, teacher.maps(images))]
        shares.append((chosen[0] & chosen[1]).sum(axis=(1, 2)) / top_n)
    return float(np.concatenate(shares).mean())


def images_and_maps(images, labels, *, attention, seed):
    """Takes the place of a mixer, and returns the augmented images and their maps."""
    return images, attention


def main() -> None:
    """Measures images without augmentation, flipped, and augmented as in the config; prints or saves the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=8, help=f"batches of {BATCH} images (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write agreement.json to results/")
    settings, words = parser.parse_known_args()
    config = read_config(words, "python benchmarks/agreement.py")
    mixer, teacher = config.mix, config.teacher
    if teacher is None or not isinstance(mixer, AttentiveCutMix) or mixer.top_n is None:
        raise SystemExit(
            "The config needs a teacher and a fixed top_n, as in configs/cifar10_resnet20_attentive.py; got "
            f"mix={mixer}, teacher={teacher}."
        )
    prepared, top_n = training.prepare(config).with_attention(), mixer.top_n
    record = new_record(settings)
    shares = {"by chance": top_n / float(np.prod(teacher.shape))}
    for augment in ("none", "flip", config.augment):
        preprocessing = dataclasses.replace(prepared.preprocessing.in_pixels(), augment=augment)
        batches = pipeline.train_batches(
            prepared.train_split, preprocessing, batch_size=BATCH, seed=config.seed, mix=images_and_maps
        )
        shares[augment] = overlap(batches.take(settings.batches), teacher, top_n)
    rows = {name: {"%": round(100 * share, 1)} for name, share in shares.items()}
    record["comparisons"] = [comparison(f"Top {top_n} cells that agree, {BATCH * settings.batches} images", rows)]
    if settings.save:
        save_record(record, RESULTS)


if __name__ == "__main__":
    main()
