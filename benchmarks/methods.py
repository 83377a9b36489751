"""What the methods of docs/methods cost: in `Dataset.map`, in training and in the input pipeline.

Three parts, each paired in one run as benchmarks/README.md tells:

- map: images a second of every mixer that works on pixels, on uint8 batches, to CutMix's; all examples are treated;
- training: a CIFAR ResNet-20 on 32-pixel pictures, cropped and flipped, batches of 128; steps with each regularizer
  and with mixed features, to plain ones;
- pipeline: images a second of batches with crop, flip and CutMix, with each policy of AutoAugment, to none.
"""

import argparse
import dataclasses
import os

from _timing import (
    BATCH,
    PREPROCESSING,
    Stream,
    command_line,
    compared,
    compared_in_map,
    environment,
    made_up_split,
    save_json,
    start,
    training_stream,
)

import cutmix_tf as cm
from cutmix_tf import datasets, mixing, models, pipeline

PACKAGES = ("tensorflow", "keras", "numpy")
TAPS = (0, 1, 2)
TRAINING = {
    "plain": {},
    "WithDropBlock": {"regularizer": models.WithDropBlock(drop_rate=0.1, block_size=4)},
    "WithStochasticDepth": {"regularizer": models.WithStochasticDepth()},
    "WithShakeDrop": {"regularizer": models.WithShakeDrop()},
    "FeatureCutMix": {"mix": cm.FeatureCutMix(taps=TAPS)},
    "ManifoldMixUp": {"mix": cm.ManifoldMixUp(taps=TAPS)},
    "FeatureCutMix, tap 0": {"mix": cm.FeatureCutMix(taps=(0,))},
}


def pixel_mixers(size: int) -> dict[str, mixing.Mixer]:
    """Every mixer that works on pixels, with settings that suit the size."""
    settings = {
        "Cutout": {"size": size // 2},
        "FixedSizeCutMix": {"size": size // 2},
        "HideAndSeek": {"sides": (0, size // 8, size // 4)},
        "OneOf": {"mixers": (cm.CutMix(), cm.MixUp())},
        "OneHotTarget": {"mixer": cm.CutMix()},
        "CompleteLabel": {"mixer": cm.CutMix()},
        "RandomErasing": {"prob": 1.0},
    }
    kinds = {name: kind for name, kind in mixing.MIXERS.items() if not issubclass(kind, mixing.HiddenMixer)}
    mixers = {name: kind(**settings.get(name, {})) for name, kind in kinds.items()}
    return mixers | {"RandomErasing, colors": cm.RandomErasing(fill="color", prob=1.0)}


def pipeline_stream(split: datasets.ArraySplit, policy: str, seconds: float) -> Stream:
    """Training batches with that policy of AutoAugment."""
    preprocessing = dataclasses.replace(PREPROCESSING, auto_augment=policy)
    batches = pipeline.train_batches(split, preprocessing, batch_size=BATCH, seed=0, mix=cm.CutMix())
    return start(batches, seconds, os.cpu_count() or 1, anew=True)  # untuned, it makes a call for each core


def measure_training(settings: argparse.Namespace) -> dict:
    """Images a second of training in each way, and to the plain one's."""
    print("\ntraining:", end="", flush=True)
    split = made_up_split()
    streams = {name: training_stream(split, settings.steps, **way) for name, way in TRAINING.items()}
    return compared(streams, "plain", BATCH, settings.rounds)


def measure_pipeline(settings: argparse.Namespace) -> dict:
    """Images a second of training batches with each policy, and to those without."""
    print("\npipeline:", end="", flush=True)
    split = made_up_split()
    streams = {policy: pipeline_stream(split, policy, settings.seconds) for policy in ("none", "cifar10", "imagenet")}
    return compared(streams, "none", BATCH, settings.rounds)


def main() -> None:
    """Measures the three parts, prints them and saves the record."""
    settings = command_line(__doc__).parse_args()
    record = {"benchmark": "methods"} | environment(PACKAGES)
    record["settings"] = {name: value for name, value in vars(settings).items() if name != "save"}
    record["map"] = compared_in_map(pixel_mixers, settings)
    record["training"] = measure_training(settings)
    record["pipeline"] = measure_pipeline(settings)
    if settings.save:
        save_json(record, settings.save)


if __name__ == "__main__":
    main()
