"""Golden bits: digests of everything that is the same on every machine, compared with those in `golden.json`.

Plans, mixed batches, targets and the batches of the input pipeline are functions of their seeds, and refactoring must
not change a single bit of them. Changing one is a decision: rewrite the digests, and say in the commit which of them
changed and why.

    python tests/test_golden.py --write

Only values that can't be rounded differently elsewhere are digested: integers, copied pixels, and floats that are
exact or rounded once. So pixels keep their range of 0 to 255, and nothing is resized or color-jittered.
"""

import argparse
import dataclasses
import functools
import hashlib
import json
import pathlib
import re
import sys
import tempfile
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from helpers.marks import slow_but

from cutmix_tf import (
    AttentiveCutMix,
    CutMix,
    Cutout,
    FeatureCutMix,
    FMix,
    GridMix,
    HideAndSeek,
    ManifoldMixUp,
    MixUp,
    Mosaic,
    ObjectAware,
    OneOf,
    RandomErasing,
    ResizeMix,
    SaliencyMix,
    TappedModel,
    mix,
)
from cutmix_tf.datasets import load
from cutmix_tf.mixing import Canvas, CenterGaussianCutMix, CompleteLabel, FixedSizeCutMix, MixSchedule, OneHotTarget
from cutmix_tf.pipeline import Preprocessing, auto_augment, eval_batches, train_batches

GOLDEN = pathlib.Path(__file__).with_name("golden.json")

ODD = (7, 31, 45)  # examples, height, width
SIZES = ((16, 32, 32), ODD)
SEEDS = ((0, 1), (-5, 2**31 - 1), (77, 12), (8, 8), (2**31 - 1, -9))


def noise(shape, seed=0):
    """Random bytes, uint8: raw Philox words, which no release of NumPy may change."""
    words = np.random.Philox(seed).random_raw(-(-int(np.prod(shape)) // 8))
    return words.astype("<u8").view(np.uint8)[: np.prod(shape)].reshape(shape)


def digest(values):
    """SHA-256 of the dtypes, shapes and bytes of a list of arrays."""
    sha = hashlib.sha256()
    for value in map(np.asarray, values):
        sha.update(f"{value.dtype.name} {value.shape}".encode())
        sha.update(value.astype(value.dtype.newbyteorder("<")).tobytes())
    return sha.hexdigest()


def digests(results):
    """The digest of each value over a list of dicts, which have the same keys and may be nested."""
    flat = [dict(_flat(result)) for result in results]
    assert all(result.keys() == flat[0].keys() for result in flat)
    return {part: digest([result[part] for result in flat]) for part in flat[0]}


def _flat(parts, prefix=""):
    for name, value in parts.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


# ---- mixers ----


def attention_maps(mixer, batch, grid=(7, 7)):
    """Maps for a mixer that uses them; None for others."""
    return tf.cast(noise([batch, *grid], seed=4), tf.float32) if mixer.uses_attention else None


def planned(mixer, *, grid=(7, 7)):
    """A mixer's plans for batches of two sizes. The batches show how it erases; how its plan says so is free."""
    plans = [
        mixer.plan(Canvas(*map(tf.constant, size), attention_maps(mixer, size[0], grid)), seed)
        for size in SIZES
        for seed in SEEDS
    ]
    names = ("box", "partner", "cells", "own_share", "mask", "source")
    fields = [name for name in names if getattr(plans[0], name) is not None]
    rows = [{name: getattr(plan, name) for name in fields} for plan in plans]
    if plans[0].tiles is not None:
        rows = [{**row, **plan.tiles._asdict()} for row, plan in zip(rows, plans, strict=True)]
        rows = [{name: part for name, part in row.items() if part is not None} for row in rows]
    return digests(rows)


def mixed(mixer, sizes=SIZES, *, grid=(7, 7), dtype=tf.uint8, blend_is_exact=True):
    """The images and targets that a mixer returns for class ids."""
    batches = []
    for size in sizes:
        maps = attention_maps(mixer, size[0], grid)
        options = {} if maps is None else {"attention": maps}
        images, labels = tf.cast(noise([*size, 3]), dtype), tf.range(size[0])
        batches += [mixer(images, labels, seed=seed, **options) for seed in SEEDS]
    images, targets = zip(*batches, strict=True)
    return {"targets": digest(targets)} | ({"images": digest(images)} if blend_is_exact else {})


def uncompiled(function, *arguments, **options):
    """Calls a function without XLA, which gives the same bits but takes a second to compile each mixer."""
    tf.config.run_functions_eagerly(True)
    try:
        return function(*arguments, **options)
    finally:
        tf.config.run_functions_eagerly(False)


def mixed_element(mixer, **options):
    """All that a mixer returns for an element with soft labels, sample weights and segmentation masks."""
    element = {
        "images": noise([*ODD, 3]),
        "labels": noise([ODD[0], 10], seed=1).astype(np.float32) / 256,
        "sample_weights": noise(ODD[:1], seed=2).astype(np.float32) / 64,
        "segmentation_masks": noise(ODD, seed=3),
    }
    if mixer.uses_attention:
        element["attention"] = attention_maps(mixer, ODD[0])
    return digests([mixer(element, seed=seed, **options) for seed in SEEDS])


def mixed_weights(mixer):
    """All that a mixer returns for class ids and sample weights."""
    weights = noise(ODD[:1], seed=2).astype(np.float32) / 64
    batches = [mixer(noise([*ODD, 3]), tf.range(ODD[0]), weights, seed=seed) for seed in SEEDS]
    return digests([dict(zip(("images", "targets", "sample_weights"), batch, strict=True)) for batch in batches])


def mixed_dataset():
    """Four batches of a mixed dataset, the last one partial."""
    dataset = tf.data.Dataset.from_tensor_slices((noise([23, 9, 13, 3]), tf.range(23))).batch(7)
    return digests([{"images": images, "targets": targets} for images, targets in mix(dataset, CutMix(), seed=5)])


def bound(mixer, size, replicas=1):
    """A hidden mixer bound to a small model with three taps: its input and two layers."""
    inputs = layer = keras.Input((*size, 3))
    for name in ("first", "second"):
        layer = keras.layers.Conv2D(2, 3, strides=2, padding="same", name=name)(layer)
    outputs = keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(layer))
    return TappedModel(keras.Model(inputs, outputs), mixer.taps).bind(mixer, replicas)


def hidden(mixer, replicas=1):
    """The images, plans and targets that a hidden mixer returns."""
    planner = bound(mixer, ODD[1:], replicas)
    batches = [planner(noise([*ODD, 3]), tf.range(ODD[0]), seed=seed) for seed in SEEDS]
    return digests([{**inputs, "targets": targets} for inputs, targets in batches])


TAPS = (0, "first", "second")
ERASE_OR_MIX = [CutMix(), MixUp(), Cutout(size=4, fill=9), HideAndSeek(sides=(3,)), RandomErasing(area=(0.1, 0.2))]

# MixUp of alpha 1 blends uint8 images exactly: its shares are multiples of 2**-15, and 15 + 8 bits fit in a float32.
MIXERS = {
    "CutMix": CutMix(),
    "CutMix, alpha 0.3": CutMix(alpha=0.3),
    "CutMix, prob 0.5": CutMix(prob=0.5),
    "CutMix, per batch": CutMix(prob=0.5, per="batch"),
    "CenterGaussianCutMix": CenterGaussianCutMix(),
    "FixedSizeCutMix": FixedSizeCutMix(size=15, prob=0.5),
    "OneHotTarget": OneHotTarget(CutMix()),
    "CompleteLabel": CompleteLabel(CutMix(prob=0.5)),
    "AttentiveCutMix": AttentiveCutMix(),
    "AttentiveCutMix, alpha 2": AttentiveCutMix(top_n=None, alpha=2.0, prob=0.5),
    "AttentiveCutMix, per batch": AttentiveCutMix(top_n=9, prob=0.5, per="batch"),
    "MixUp": MixUp(),
    "MixUp, per batch": MixUp(prob=0.5, per="batch"),
    "Cutout": Cutout(size=9, fill=(1, 2, 3)),
    "Cutout, per batch": Cutout(prob=0.5, per="batch"),
    "HideAndSeek": HideAndSeek(sides=(0, 3, 5), fill=200),
    "HideAndSeek, per batch": HideAndSeek(sides=(4, 6), prob=0.5, per="batch"),
    "RandomErasing": RandomErasing(),
    "RandomErasing, small": RandomErasing(area=(0.02, 0.1), aspect=(0.5, 2.0), prob=1.0),
    "RandomErasing, color": RandomErasing(area=(0.02, 0.1), aspect=(0.5, 2.0), fill="color"),
    "RandomErasing, per batch": RandomErasing(area=(0.02, 0.1), aspect=(0.5, 2.0), fill=7, per="batch"),
    "OneOf, box or cells": OneOf([CutMix(), AttentiveCutMix()]),
    "OneOf, weights": OneOf([CutMix(), CutMix(alpha=0.5, prob=0.5)], weights=[3, 1]),
    "OneOf, per batch": OneOf([CutMix(), MixUp()], per="batch"),
    "OneOf, mix or erase": OneOf(ERASE_OR_MIX),
    "FMix": FMix(),
    "GridMix": GridMix(prob=0.5),
    "ResizeMix": ResizeMix(),
    "Mosaic": Mosaic(),
    "OneOf, two or four": OneOf([CutMix(), Mosaic(prob=0.5)]),
    "SaliencyMix, attention": SaliencyMix(saliency="attention"),
    "ObjectAware": ObjectAware(CutMix()),
    "ObjectAware, semantic": ObjectAware(ResizeMix(), rule="semantic"),
}
HIDDEN_MIXERS = {
    "FeatureCutMix": FeatureCutMix(taps=TAPS),
    "ManifoldMixUp": ManifoldMixUp(alpha=2.0, prob=0.5, taps=TAPS),
}


# ---- pipeline ----


@functools.cache
def shapes():
    """The built-in set."""
    return load("shapes")


def built_in_set():
    """The images, labels, boxes and masks of the built-in set."""
    split = shapes().train
    return digests([{name: getattr(split, name) for name in ("images", "labels", "boxes", "masks")}])


def images_of_many_widths():
    """21 images, 12 pixels high and 10 to 18 wide, which the pipeline crops to (12, 10) without resizing them."""
    return [noise([12, 10 + 2 * (number % 5), 3], seed=number) for number in range(21)]


def folder_set(directory):
    """Those images as a folder of PNG files of three classes."""
    for number, image in enumerate(images_of_many_widths()):
        file = pathlib.Path(directory, "train", "abc"[number % 3], f"{number:02}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tf.io.encode_png(image).numpy())
    return load(f"folder:{directory}")


def tfds_set(directory):
    """Those images as a prepared TFDS dataset of three shards."""
    label = tfds.features.ClassLabel(names=["a", "b", "c"])
    features = tfds.features.FeaturesDict({"image": tfds.features.Image(encoding_format="png"), "label": label})
    images = images_of_many_widths()
    records = [features.serialize_example({"image": image, "label": n % 3}) for n, image in enumerate(images)]
    shards = [records[:9], records[9:15], records[15:]]
    home = pathlib.Path(directory, "many_widths", "1.0.0")
    home.mkdir(parents=True)
    for number, shard in enumerate(shards):
        with tf.io.TFRecordWriter(f"{home}/many_widths-train.tfrecord-{number:05}-of-{len(shards):05}") as writer:
            for record in shard:
                writer.write(record)
    info = tfds.core.SplitInfo(name="train", shard_lengths=list(map(len, shards)), num_bytes=sum(map(len, records)))
    template = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
    tfds.folder_dataset.write_metadata(
        data_dir=home, features=features, split_infos=[info], filename_template=template, check_data=False
    )
    return load("many_widths", data_dir=str(directory))


def preprocessing(size, **options):
    """Preprocessing that leaves pixel values as they are."""
    return Preprocessing(image_size=size, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), **options)


def epoch(split, size, batch_size, *, attention=False, mix=None, **options):
    """The training batches of one epoch, with crops and flips, and the first batch of the next epoch."""
    if attention:
        split = dataclasses.replace(split, attention=noise([len(split), 7, 7], seed=9))
    options |= {"batch_size": batch_size, "seed": 3, "mix": mix}
    steps, target = -(-len(split) // batch_size) + 1, "labels" if mix is None else "targets"
    batches = train_batches(split, preprocessing(size, augment="crop_flip"), **options)
    inputs_and_targets = batches.map(lambda x, y: {**(x if isinstance(x, dict) else {"images": x}), target: y})
    return digests(list(inputs_and_targets.take(steps)))


def in_order(split, size):
    """The batches of an evaluation."""
    batches = eval_batches(split, preprocessing(size), batch_size=7)
    return digests([{"images": images, "labels": labels} for images, labels in batches])


def of_shapes(function, *arguments, **options):
    """Calls a function with the built-in set, which is in memory."""
    return function(shapes().train, (32, 32), *arguments, **options)


def of_stream(make_set, function, *arguments, **options):
    """Calls a function with a set that is read from disk."""
    with tempfile.TemporaryDirectory() as directory:
        return function(make_set(directory).train, (12, 10), *arguments, **options)


def augmented(policy):
    """A batch after AutoAugment."""
    return digests([{"images": auto_augment(noise([*ODD, 3]), policy, seed)} for seed in SEEDS])


# ---- all of them ----

CASES = {f"plan: {name}": partial(planned, mixer) for name, mixer in MIXERS.items()}
CASES |= {f"batch: {name}": partial(uncompiled, mixed, mixer) for name, mixer in MIXERS.items()}
CASES |= {
    "plan: AttentiveCutMix, other grid": partial(planned, AttentiveCutMix(top_n=3), grid=(4, 5)),
    "plan: MixUp, alpha 0.4": partial(planned, MixUp(alpha=0.4)),
    "batch: AttentiveCutMix, other grid": partial(uncompiled, mixed, AttentiveCutMix(top_n=3), grid=(4, 5)),
    "batch: MixUp, alpha 0.4": partial(uncompiled, mixed, MixUp(alpha=0.4), blend_is_exact=False),
    "batch: CutMix, bfloat16": partial(uncompiled, mixed, CutMix(), dtype=tf.bfloat16),
    "batch: SaliencyMix": partial(uncompiled, mixed, SaliencyMix()),
    "compiled: CutMix": partial(mixed, CutMix(), [ODD]),
    "compiled: OneOf, mix or erase": partial(mixed, OneOf(ERASE_OR_MIX), [ODD]),
    "element: CutMix": partial(uncompiled, mixed_element, CutMix()),
    "compiled element: CutMix, strength 0.5": partial(mixed_element, CutMix(), strength=0.5),
    "element: AttentiveCutMix": partial(uncompiled, mixed_element, AttentiveCutMix()),
    "element: Cutout": partial(uncompiled, mixed_element, Cutout()),
    "sample weights: CutMix": partial(uncompiled, mixed_weights, CutMix()),
    "sample weights: MixUp": partial(uncompiled, mixed_weights, MixUp(prob=0.5)),
    "mix": mixed_dataset,
}
for name, mixer in HIDDEN_MIXERS.items():
    CASES[f"hidden: {name}"] = partial(uncompiled, hidden, mixer)
    CASES[f"hidden: {name}, 2 replicas"] = partial(uncompiled, hidden, mixer, replicas=2)
CASES |= {
    "auto_augment: cifar10": partial(augmented, "cifar10"),
    "auto_augment: imagenet": partial(augmented, "imagenet"),
    "shapes": built_in_set,
    "shapes: in order": partial(of_shapes, in_order),
    "shapes: plain": partial(of_shapes, epoch, 100),
    "shapes: CutMix": partial(of_shapes, epoch, 32, mix=CutMix(prob=0.5)),
    "shapes: AttentiveCutMix": partial(of_shapes, epoch, 100, attention=True, mix=AttentiveCutMix(prob=0.5)),
    "shapes: FeatureCutMix": lambda: of_shapes(epoch, 100, mix=bound(HIDDEN_MIXERS["FeatureCutMix"], (32, 32))),
    "shapes: Cutout, then CutMix on a schedule": lambda: of_shapes(
        epoch, 100, erase=Cutout(size=9), mix=CutMix(), strength=MixSchedule(((0.2, 0), (0.8, 1)), total_steps=10)
    ),
}
for make_set in (folder_set, tfds_set):
    name, of_set = make_set.__name__.removesuffix("_set"), partial(of_stream, make_set)
    CASES |= {
        f"{name}: in order": partial(of_set, in_order),
        f"{name}: plain": partial(of_set, epoch, 7),
        f"{name}: CutMix": partial(of_set, epoch, 7, mix=CutMix(prob=0.5)),
        f"{name}: AttentiveCutMix": partial(of_set, epoch, 7, attention=True, mix=AttentiveCutMix(prob=0.5)),
    }


def changes(before, after):
    """The keys whose digests differ or that only one of the dicts has."""
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]


SLOW = (
    "compiled: OneOf, mix or erase",
    "compiled element: CutMix, strength 0.5",
    "tfds: in order",
    "shapes: FeatureCutMix",
    "shapes: Cutout, then CutMix on a schedule",
    "tfds: CutMix",
    "shapes: plain",
    "shapes: AttentiveCutMix",
    "folder: plain",
    "folder: CutMix",
    "tfds: plain",
    "tfds: AttentiveCutMix",
)


def is_fast(name):
    """Whether a case is of a method with its usual settings, or of a pipeline that is not in SLOW."""
    return name not in SLOW and (not re.match("(plan|batch): ", name) or "," not in name or "mix or erase" in name)


@pytest.mark.parametrize("name", slow_but(list(filter(is_fast, CASES)), CASES))
def test_bits_are_as_before(name):
    golden = json.loads(GOLDEN.read_text())
    changed = changes(golden.get(name, {}), CASES[name]())
    assert not changed, (
        f"The golden bits of {name!r} changed: {', '.join(changed)}. If that was not intended, find the cause. If it "
        "is a decision, run `python tests/test_golden.py --write` and say in the commit which bits changed and why."
    )


def test_every_digest_belongs_to_a_case():
    assert list(json.loads(GOLDEN.read_text())) == list(CASES)


def main():
    """Prints which bits differ from golden.json, and rewrites it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="rewrite golden.json")
    write = parser.parse_args().write
    before = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    after = {name: case() for name, case in CASES.items()}
    changed = {name: changes(before.get(name, {}), after.get(name, {})) for name in {**before, **after}}
    changed = {name: parts for name, parts in changed.items() if parts}
    for name, parts in changed.items():
        print(f"{name}: {', '.join(parts)}")
    print(f"{len(changed)} of {len(after)} cases changed.")
    if write:
        GOLDEN.write_text(json.dumps(after, indent=2) + "\n")
    elif changed:
        sys.exit(1)


if __name__ == "__main__":
    main()
