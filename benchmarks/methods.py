"""What the methods of docs/methods cost: in `Dataset.map`, in training and in the input pipeline.

Three parts, each paired within one run as described in benchmarks/README.md:

- map: every mixer of images on uint8 batches, compared with CutMix; all examples are mixed or erased;
- training: a CIFAR ResNet-20 on images of 32 pixels, cropped and flipped, in batches of 128; training steps with each
  regularizer and with feature mixing, compared with plain ones;
- pipeline: batches with crop, flip and CutMix, with each policy of AutoAugment compared with none.
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
    noise_split,
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
    "WithDropBlock": {"regularizer": models.WithDropBlock(drop_rate=0.1, block_size=4, stage_factor=1)},
    "WithStochasticDepth": {"regularizer": models.WithStochasticDepth()},
    "WithShakeDrop": {"regularizer": models.WithShakeDrop()},
    "FeatureCutMix": {"mix": cm.FeatureCutMix(taps=TAPS)},
    "ManifoldMixUp": {"mix": cm.ManifoldMixUp(taps=TAPS)},
    "FeatureCutMix, tap 0": {"mix": cm.FeatureCutMix(taps=(0,))},
}


def pixel_mixers(size: int) -> dict[str, mixing.Mixer]:
    """Every mixer of images, with settings that suit the size."""
    settings = {
        "Cutout": {"size": size // 2},
        "FixedSizeCutMix": {"size": size // 2},
        "HideAndSeek": {"sides": (0, size // 8, size // 4)},
        "OneOf": {"mixers": (cm.CutMix(), cm.MixUp())},
        "OneHotTarget": {"mixer": cm.CutMix()},
        "CompleteLabel": {"mixer": cm.CutMix()},
        "ObjectAware": {"mixer": cm.CutMix()},
        "RandomErasing": {"prob": 1.0},
    }
    kinds = {name: kind for name, kind in mixing.MIXERS.items() if issubclass(kind, mixing.Mixer)}
    mixers = {name: kind(**settings.get(name, {})) for name, kind in kinds.items()}
    return mixers | {"RandomErasing, colors": cm.RandomErasing(fill="color", prob=1.0)}


def pipeline_stream(split: datasets.ArraySplit, policy: str, seconds: float) -> Stream:
    """Training batches with a policy of AutoAugment."""
    preprocessing = dataclasses.replace(PREPROCESSING, auto_augment=policy)
    batches = pipeline.train_batches(split, preprocessing, batch_size=BATCH, seed=0, mix=cm.CutMix())
    return start(batches, seconds, os.cpu_count() or 1, restart=True)  # without autotuning, a call for each core


def measure_training(settings: argparse.Namespace) -> dict:
    """Images per second of training in each way, and their ratios to plain training."""
    print("\ntraining:", end="", flush=True)
    split = noise_split()
    streams = {name: training_stream(split, settings.steps, **way) for name, way in TRAINING.items()}
    return compared(streams, "plain", BATCH, settings.rounds)


def measure_pipeline(settings: argparse.Namespace) -> dict:
    """Images per second of training batches with each policy, and their ratios to none."""
    print("\npipeline:", end="", flush=True)
    split = noise_split()
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
