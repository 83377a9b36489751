"""What Attentive CutMix costs beside CutMix: in `Dataset.map`, in training with cached and live maps, to cache once.

Three parts, each paired in one run as benchmarks/README.md tells:

- map: images a second of both mixers on uint8 batches, maps given;
- training: a CIFAR ResNet-20 on 32-pixel pictures, cropped and flipped, batches of 128; steps that mix with CutMix,
  with cached maps, and with a live teacher, MobileNetV2 at 224 pixels (its weights don't matter for speed);
- cache: the teacher's images a second, and the size of 50,000 maps.
"""

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _timing import Stream, environment, rotate, save_json, start, summary

import cutmix_tf as cm
from cutmix_tf import data
from cutmix_tf.attention import Teacher, cached_maps

BATCHES = {32: 256, 224: 64}
PACKAGES = ("tensorflow", "keras", "numpy")
BATCH = 128


def map_stream(mixer, size: int, settings: argparse.Namespace) -> Stream:
    """A mixer at work on an endless repetition of one batch."""
    batch, chance = BATCHES[size], np.random.default_rng(0)
    element = {
        "images": tf.constant(chance.integers(0, 256, (batch, size, size, 3), dtype=np.uint8)),
        "labels": tf.constant(chance.integers(0, 10, batch, dtype=np.int32)),
    }
    if mixer.uses_attention:
        element["attention"] = tf.constant(chance.integers(0, 256, (batch, 7, 7), dtype=np.uint8))
    dataset = tf.data.Dataset.from_tensors(element).repeat().map(mixer, num_parallel_calls=2)
    return start(dataset, settings.seconds, 2)


@dataclasses.dataclass(frozen=True)
class Training:
    """A network in training, and the number of its steps that fill a window."""

    model: keras.Model
    batches: Iterator
    steps: int

    def window(self) -> float:
        """Steps per second over one window."""
        begin = time.perf_counter()
        for _ in range(self.steps):
            self.model.train_on_batch(*next(self.batches))
        return self.steps / (time.perf_counter() - begin)


def training_stream(split: data.ArraySplit, mixer, steps: int, teacher: Teacher | None = None) -> Training:
    """A ResNet-20 at work on mixed batches, traced and warm."""
    preprocessing = data.Preprocessing((32, 32), (125.0, 125.0, 125.0), (64.0, 64.0, 64.0), augment="crop_flip")
    attend = teacher.attend if teacher else None
    batches = data.train_batches(split, preprocessing, batch_size=BATCH, seed=0, mix=mixer, attend=attend)
    keras.utils.set_random_seed(0)
    model = cm.models.build("resnet20", num_classes=10, input_shape=(32, 32, 3))
    model.compile(keras.optimizers.SGD(0.1, 0.9), cm.MixedCrossentropy())
    stream = Training(model, iter(batches), steps)
    dataclasses.replace(stream, steps=3).window()
    return stream


def measure_map(settings: argparse.Namespace) -> list[dict]:
    """Images a second of both mixers, and ours to CutMix's, at each size."""
    results = []
    for size in BATCHES:
        print(f"\nmap, {size} px:", end="", flush=True)
        mixers = cm.CutMix(), cm.AttentiveCutMix()
        streams = {type(mixer).__name__: map_stream(mixer, size, settings) for mixer in mixers}
        rates = {name: BATCHES[size] * values for name, values in rotate(streams, settings.rounds).items()}
        results.append({"size": size, "batch": BATCHES[size], **compared(rates, "CutMix")})
    return results


def measure_training(teacher: Teacher, settings: argparse.Namespace) -> dict:
    """Images a second of training with each way to mix, and to CutMix's."""
    print("\ntraining:", end="", flush=True)
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (5000, 32, 32, 3), dtype=np.uint8)
    split = data.ArraySplit(images, chance.integers(0, 10, 5000, dtype=np.int32))
    mapped = dataclasses.replace(split, attention=chance.integers(0, 256, (5000, 7, 7), dtype=np.uint8))
    streams = {
        "CutMix": training_stream(split, cm.CutMix(), settings.steps),
        "AttentiveCutMix, cached": training_stream(mapped, cm.AttentiveCutMix(), settings.steps),
    }
    result = compared({name: BATCH * values for name, values in rotate(streams, settings.rounds).items()}, "CutMix")
    live = training_stream(split, cm.AttentiveCutMix(), 4, teacher)
    rates = rotate({"CutMix": streams["CutMix"], "AttentiveCutMix, live": live}, 3)
    with_live = compared({name: BATCH * values for name, values in rates.items()}, "CutMix")
    for part, values in result.items():
        values["AttentiveCutMix, live"] = with_live[part]["AttentiveCutMix, live"]
    return result


def measure_cache(teacher: Teacher, count: int) -> dict:
    """Images a second of building a cache, and the bytes of 50,000 maps by the size of this one."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    split = data.ArraySplit(images, np.zeros(count, np.int32))
    teacher.maps(images[:BATCH])
    teacher.fingerprint  # noqa: B018 - beforehand
    with tempfile.TemporaryDirectory() as folder:
        path, begin = Path(folder) / "maps.npz", time.perf_counter()
        cached_maps(path, split, teacher, verbose=False)
        seconds, size = time.perf_counter() - begin, path.stat().st_size
    return {"images_per_second": round(count / seconds, 1), "bytes_of_50000": size + (50_000 - count) * 49}


def compared(rates: dict[str, np.ndarray], base: str) -> dict:
    """Medians and quartiles, and every rate's ratio to the base within rounds; printed too."""
    speeds = {name: summary(values) for name, values in rates.items()}
    ratios = {name: summary(values / rates[base]) for name, values in rates.items() if name != base}
    for name, speed in speeds.items():
        ratio = f"{ratios[name]['median']:.3f} × {base}" if name in ratios else ""
        print(f"{name:26} {speed['median']:>12,.0f} images/s   {ratio}")
    return {"images_per_second": speeds, "ratios": ratios}


def read_command_line() -> argparse.Namespace:
    """The settings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8, help="windows of each candidate (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.4, help="a window of map (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=20, help="training steps in a window (default: %(default)s)")
    parser.add_argument("--images", type=int, default=1024, help="to build a cache of (default: %(default)s)")
    parser.add_argument("--save", type=Path, metavar="PATH", help="write the record as JSON; else only print it")
    return parser.parse_args()


def main() -> None:
    """Measures the three parts, prints them and saves the record."""
    settings = read_command_line()
    teacher = Teacher(keras.applications.MobileNetV2(weights=None))
    record = {"benchmark": "attentive"} | environment(PACKAGES)
    record["settings"] = {name: value for name, value in vars(settings).items() if name != "save"}
    record["map"] = measure_map(settings)
    record["training"] = measure_training(teacher, settings)
    record["cache"] = measure_cache(teacher, settings.images)
    print(f"\ncache: {record['cache']}")
    if settings.save:
        save_json(record, settings.save)


if __name__ == "__main__":
    main()
