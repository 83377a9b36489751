"""What Attentive CutMix costs compared with CutMix: in `Dataset.map`, in training with cached and live maps, to cache.

Three parts, each paired within one run as described in benchmarks/README.md:

- map: images per second of both mixers on uint8 batches, given the maps;
- training: a CIFAR ResNet-20 on images of 32 pixels, cropped and flipped, in batches of 128; training steps with
  CutMix, with cached maps, and with a live teacher, MobileNetV2 at 224 pixels (its weights don't matter for speed);
- cache: the teacher's images per second, and the size of 50,000 maps.
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from _timing import (
    BATCH,
    command_line,
    compared,
    compared_in_map,
    environment,
    noise_split,
    save_json,
    training_stream,
)

import cutmix_tf as cm
from cutmix_tf import datasets
from cutmix_tf.attention import Teacher, cached_maps

PACKAGES = ("tensorflow", "keras", "numpy")


def measure_training(teacher: Teacher, settings: argparse.Namespace) -> dict:
    """Images per second of training with each way to mix, and their ratios to CutMix."""
    print("\ntraining:", end="", flush=True)
    split = noise_split()
    maps = np.random.default_rng(0).integers(0, 256, (len(split), 7, 7), dtype=np.uint8)
    mapped = split.with_attention(maps)
    streams = {
        "CutMix": training_stream(split, settings.steps, mix=cm.CutMix()),
        "AttentiveCutMix, cached": training_stream(mapped, settings.steps, mix=cm.AttentiveCutMix()),
    }
    result = compared(streams, "CutMix", BATCH, settings.rounds)
    live = training_stream(split, 4, mix=cm.AttentiveCutMix(), attend=teacher.attend)
    with_live = compared({"CutMix": streams["CutMix"], "AttentiveCutMix, live": live}, "CutMix", BATCH, 3)
    for part, values in result.items():
        values["AttentiveCutMix, live"] = with_live[part]["AttentiveCutMix, live"]
    return result


def measure_cache(teacher: Teacher, count: int) -> dict:
    """Images per second of building a cache, and the bytes of 50,000 maps, extrapolated from its size."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    split = datasets.ArraySplit(images, np.zeros(count, np.int32))
    teacher.maps(images[:BATCH])
    teacher.fingerprint  # noqa: B018 - computed beforehand
    with tempfile.TemporaryDirectory() as folder:
        path, begin = Path(folder) / "maps.npz", time.perf_counter()
        cached_maps(path, split, teacher)
        seconds, size = time.perf_counter() - begin, path.stat().st_size
    return {"images_per_second": round(count / seconds, 1), "bytes_of_50000": size + (50_000 - count) * 49}


def main() -> None:
    """Measures the three parts, prints them and saves the record."""
    parser = command_line(__doc__)
    parser.add_argument("--images", type=int, default=1024, help="number of images in the cache (default: %(default)s)")
    settings = parser.parse_args()
    teacher = Teacher(keras.applications.MobileNetV2(weights=None))
    record = {"benchmark": "attentive"} | environment(PACKAGES)
    record["settings"] = {name: value for name, value in vars(settings).items() if name != "save"}
    record["map"] = compared_in_map(
        lambda size: {"CutMix": cm.CutMix(), "AttentiveCutMix": cm.AttentiveCutMix()}, settings
    )
    record["training"] = measure_training(teacher, settings)
    record["cache"] = measure_cache(teacher, settings.images)
    print(f"\ncache: {record['cache']}")
    if settings.save:
        save_json(record, settings.save)


if __name__ == "__main__":
    main()
