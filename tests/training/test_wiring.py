"""Every setting of a config changes what is trained or written, and in the way it says.

A row for each way in which a setting acts: where to look at a training that was prepared or just started, and what
must be seen there for two or more values. `make mutants` ignores each setting in the code and expects its rows to fail.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import keras
import pytest
from helpers import looks
from helpers.narrow_models import narrow
from helpers.small_runs import config

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.attention import Teacher
from cutmix_tf.layers import StochasticDepth
from cutmix_tf.models import MODELS, WithDropBlock, WithStochasticDepth
from cutmix_tf.training._callbacks import EpochRecorder, StepWatcher
from cutmix_tf.training._optimizer import ClippedAdamW, CoupledSGD

NAMED = {"model": "resnet18", "image_size": 16, "mix": None}
"""A model of the table, made narrow here."""


@dataclasses.dataclass(frozen=True)
class Wire:
    """One way in which a setting acts.

    Attributes:
      look: What is seen of a config's training.
      seen: Pairs of a value of the setting and what must be seen for it.
      others: Other settings of the config.
    """

    look: Callable[[training.TrainConfig], Any]
    seen: list[tuple[Any, Any]]
    others: dict[str, Any] = dataclasses.field(default_factory=dict)


def same(*values):
    """Each value of the setting is what must be seen."""
    return [(value, value) for value in values]


def of(function, *arguments):
    """A look with its first arguments."""
    return functools.partial(function, *arguments)


FILLED = cm.Cutout(size=4, fill=250)
STEADY = {"schedule": "constant"}
ATTENTIVE = {"mix": cm.AttentiveCutMix(), "teacher": Teacher("bright.keras")}
BLOCKS = WithDropBlock(block_size=2)
LIVE = {**ATTENTIVE, "attention": "live"}

WIRES: dict[str, list[Wire]] = {
    "dataset": [
        Wire(of(looks.loaded, "name"), [("shapes", "shapes"), ("cifar10", "cifar10")]),
        Wire(
            lambda c: str(c.cache_path),
            [(name, f"attention/{name}-bright-mean.npz") for name in ("a", "b")],
            ATTENTIVE,
        ),
    ],
    "train_split": [Wire(of(looks.loaded, "train_split"), same("train", "train[:10%]"))],
    "validation_split": [
        Wire(of(looks.loaded, "validation_split"), same(None, "train[90%:]")),
        Wire(looks.judged_examples, [(None, 30), ("train[90%:]", 17)]),
        Wire(
            lambda c: looks.start(c).callback(EpochRecorder).split,
            [(None, "test"), ("train[90%:]", "validation")],
        ),
    ],
    "test_split": [Wire(of(looks.loaded, "test_split"), same("test", None, "validation"))],
    "classes": [Wire(of(looks.loaded, "classes"), same(None, (0, 2)))],
    "image_size": [
        Wire(looks.image_sizes, [(None, [(8, 8)] * 2), (12, [(12, 12)] * 2)]),
        Wire(lambda c: looks.start(c).model.input_shape[1:3], [(16, (16, 16)), (24, (24, 24))], NAMED),
    ],
    "bad_examples": [Wire(of(looks.loaded, "bad_examples"), same("refuse", "skip"))],
    "data_dir": [Wire(of(looks.loaded, "data_dir"), same(None, "here"))],
    "data_service": [
        Wire(looks.delivered_by, [(None, (None, 3)), ("grpc://localhost:5050", ("grpc://localhost:5050", 1))])
    ],
    "download": [Wire(of(looks.loaded, "download"), same(False, True))],
    "augment": [
        Wire(
            looks.augmentation,
            [("none", "none"), ("flip", "flips"), ("crop_flip", "other"), ("imagenet", "colors")],
            {"mix": None},
        ),
    ],
    "auto_augment": [
        Wire(looks.augmentation, [("none", "none"), ("cifar10", "other")], {"mix": None, "augment": "none"}),
        Wire(lambda c: looks.prepared(c).preprocessing.auto_augment, same("cifar10", "imagenet")),
    ],
    "erase": [Wire(looks.erased, [(None, False), (FILLED, True)], {"mix": None, "augment": "none"})],
    "mix": [
        Wire(looks.mixing, [(None, "nothing"), (cm.CutMix(), "boxes"), (cm.MixUp(), "values")]),
        Wire(
            lambda c: getattr(looks.start(c).model, "taps", None),
            [(None, None), (cm.FeatureCutMix(taps=(0, "conv")), (0, "conv"))],
        ),
    ],
    "mix_schedule": [
        Wire(
            looks.mixed_shares,
            [(((0.5, 0), (0.5, 1)), [0] * 4 + [1] * 4), ((), [1] * 8)],
            {"mix": cm.MixUp(), "epochs": 2},
        ),
    ],
    "teacher": [
        Wire(
            looks.attended,
            [(Teacher(f"{name}.keras"), name) for name in ("bright", "dark")],
            {"mix": cm.AttentiveCutMix()},
        ),
        Wire(looks.attended, [(Teacher(f"{name}.keras"), name) for name in ("bright", "dark")], LIVE),
        Wire(looks.replays, [(Teacher("bright.keras"), True)], {"mix": cm.AttentiveCutMix()}),
    ],
    "attention": [
        Wire(looks.caches, [("cache", (["attention/small-bright-mean.npz"], True)), ("live", ([], False))], ATTENTIVE),
        Wire(looks.attended, [("cache", "bright"), ("live", "bright")], ATTENTIVE),
        Wire(looks.replays, [("cache", True), ("live", True)], ATTENTIVE),
    ],
    "attention_cache": [
        Wire(
            looks.caches,
            [(None, (["attention/small-bright-mean.npz"], True)), ("maps.npz", (["maps.npz"], True))],
            ATTENTIVE,
        ),
    ],
    "model": [Wire(lambda c: looks.start(c).model.name, same("resnet20", "resnet18"), NAMED)],
    "stem": [
        Wire(
            looks.first_convolution,
            [("auto", ((3, 3), (1, 1))), ("imagenet", ((7, 7), (2, 2)))],
            {**NAMED, "image_size": 32},
        )
    ],
    "last_stride": [Wire(looks.last_map, [(2, (2, 2)), (1, (4, 4))], NAMED)],
    "regularizer": [
        Wire(
            of(looks.layers, StochasticDepth, lambda layer: round(layer.drop_rate, 6)),
            [(None, []), (WithStochasticDepth(0.4), [0.1, 0.2, 0.3, 0.4])],
            NAMED,
        ),
    ],
    "drop_schedule": [
        Wire(looks.drop_schedules, [("constant", []), ("linear", [3])], {**NAMED, "regularizer": BLOCKS})
    ],
    "sync_batch_norm": [
        Wire(
            lambda c: set(looks.layers(keras.layers.BatchNormalization, lambda layer: layer.synchronized, c)),
            [(True, {True}), (False, {False})],
            {**NAMED, "strategy": "mirrored:2"},
        ),
    ],
    "precision": [
        Wire(
            lambda c: looks.layers(keras.layers.Conv2D, lambda layer: layer.compute_dtype, c)[0],
            [("float32", "float32"), ("mixed_bfloat16", "bfloat16"), ("mixed_float16", "float16")],
            NAMED,
        ),
    ],
    "epochs": [
        Wire(of(looks.option, "epochs"), same(2, 5)),
        Wire(looks.last_step, [(2, 7), (5, 19)]),
        Wire(of(looks.option, "validation_freq"), [(2, [2]), (5, [2, 4, 5])], {"evaluate_every": 2}),
        Wire(
            of(looks.learning_rates, (0, 4, 8)),
            [(2, [0.05, 0.025, 0]), (4, [0.05, 0.04268, 0.025])],
            {"schedule": "cosine"},
        ),
        Wire(
            of(looks.learning_rates, (3, 4, 7, 8)),
            [(2, [0.05, 0.005, 0.005, 0.005]), (4, [0.05, 0.05, 0.05, 0.005])],
            {"milestones": (0.5,)},
        ),
        Wire(
            looks.mixed_shares,
            [(2, [0] * 4 + [1] * 4), (4, [0] * 8)],
            {"mix": cm.MixUp(), "mix_schedule": ((0.5, 0), (0.5, 1))},
        ),
        Wire(looks.drop_schedules, [(2, [2]), (5, [5])], {**NAMED, "regularizer": BLOCKS, "drop_schedule": "linear"}),
    ],
    "batch_size": [
        Wire(looks.batch_sizes, [(16, [16, 16]), (12, [12, 12])]),
        Wire(of(looks.option, "steps_per_epoch"), [(16, 4), (12, 5)]),
        Wire(
            lambda c: looks.start(c).callback(EpochRecorder).images_per_epoch,
            [(16, 48), (25, 50)],
            {"static_shapes": True},
        ),
    ],
    "learning_rate": [Wire(of(looks.learning_rates, (0,)), [(0.05, [0.05]), (0.2, [0.2])], STEADY)],
    "schedule": [
        Wire(
            of(looks.learning_rates, (0, 6)),
            [("step", [0.05, 0.05]), ("cosine", [0.05, 0.025]), ("constant", [0.05, 0.05])],
        ),
        Wire(of(looks.learning_rates, (0, 8)), [("step", [0.05, 0.005]), ("constant", [0.05, 0.05])]),
    ],
    "milestones": [
        Wire(of(looks.learning_rates, (3, 4, 8)), [((0.3,), [0.05, 0.005, 0.005]), ((0.6,), [0.05, 0.05, 0.005])])
    ],
    "warmup_epochs": [
        Wire(of(looks.learning_rates, (0, 3, 4)), [(0, [0.05] * 3), (2, [0.00625, 0.025, 0.03125])], STEADY)
    ],
    "momentum": [
        Wire(lambda c: looks.start(c).model.optimizer.momentum, same(0.9, 0.5)),
        Wire(lambda c: looks.start(c).model.optimizer.nesterov, [(0.9, True), (0.0, False)]),
    ],
    "optimizer": [
        Wire(lambda c: type(looks.start(c).model.optimizer), [("sgd", CoupledSGD), ("adamw", ClippedAdamW)]),
        Wire(of(looks.learning_rates, (0, 8)), [("sgd", [0.05, 0.005]), ("adamw", [0.05, 0.005])]),
    ],
    "weight_decay": [
        Wire(lambda c: looks.start(c).model.optimizer.l2, same(0.0, 0.01)),
        Wire(lambda c: looks.start(c).model.optimizer.weight_decay, same(0.0, 0.01), {"optimizer": "adamw"}),
    ],
    "clip_norm": [
        Wire(lambda c: looks.start(c).model.optimizer.clip_norm, same(None, 0.5), {"optimizer": name})
        for name in ("sgd", "adamw")
    ],
    "ema": [Wire(looks.averages, [(None, []), (0.9, [0.9])])],
    "loss": [
        Wire(
            lambda c: type(looks.start(c).model.loss),
            [("crossentropy", cm.MixedCrossentropy), ("binary_crossentropy", cm.MixedBinaryCrossentropy)],
        )
    ],
    "target_threshold": [
        Wire(lambda c: looks.start(c).model.loss.target_threshold, same(None, 0.2), {"loss": "binary_crossentropy"})
    ],
    "recipe": [
        Wire(
            lambda c: (type(looks.start(c).model.loss), c.label_smoothing, c.mix),
            [
                (None, (cm.MixedCrossentropy, 0.0, None)),
                ("deit", (cm.MixedCrossentropy, 0.1, cm.recipes.deit().mix)),
                ("rsb_a2", (cm.MixedBinaryCrossentropy, 0.0, cm.recipes.rsb_a2().mix)),
            ],
            {"mix": None},
        )
    ],
    "label_smoothing": [Wire(looks.smoothed_loss, [(each, looks.smoothed_by_hand(each)) for each in (0.0, 0.1, 0.5)])],
    "seed": [
        Wire(looks.seed_of_batches, same(0, 1)),
        Wire(looks.seed_of_weights, same(0, 1)),
    ],
    "run_dir": [Wire(looks.written_to, [("one", ["one"]), ("two/three", ["two/three"])])],
    "evaluate_every": [Wire(of(looks.option, "validation_freq"), [(1, [1, 2, 3]), (2, [2, 3]), (9, [3])])],
    "strategy": [
        Wire(
            lambda c: looks.start(c).model.distribute_strategy.num_replicas_in_sync, [("default", 1), ("mirrored:2", 2)]
        ),
    ],
    "static_shapes": [
        Wire(looks.known_shapes, [(False, [False, False]), (True, [True, True])]),
        Wire(of(looks.option, "steps_per_epoch"), [(False, 4), (True, 3)]),
    ],
    "checkpoint_minutes": [Wire(lambda c: looks.start(c).callback(StepWatcher).frequency.minutes, same(10.0, 2.0))],
    "checkpoint_steps": [Wire(lambda c: looks.start(c).callback(StepWatcher).frequency.steps, same(None, 7))],
    "checkpoints_kept": [Wire(lambda c: looks.start(c).callback(EpochRecorder).checkpoints.kept, same(2, 5))],
}

SLOW = ("attention-2", "teacher-1", "teacher-2", "epochs-5", "epochs-6", "image_size-1")
ROWS = [
    pytest.param(field, wire, id=f"{field}-{number}", marks=pytest.mark.slow if f"{field}-{number}" in SLOW else ())
    for field, rows in WIRES.items()
    for number, wire in enumerate(rows)
]


def test_every_setting_has_a_row():
    assert set(WIRES) == {field.name for field in dataclasses.fields(training.TrainConfig)}


def test_every_setting_has_a_row_that_tells_its_values_apart():
    for field, rows in WIRES.items():
        assert any(row.seen[0][1] != row.seen[-1][1] for row in rows), field


@pytest.mark.parametrize(("field", "wire"), ROWS)
def test_a_setting_acts_as_it_says(field, wire, tmp_path, monkeypatch):
    check(field, wire, tmp_path, monkeypatch)


def check(field, wire, folder, patch):
    """Looks at a training for each value of a setting, each in a folder of its own."""
    for name in ("resnet18", "resnet20"):
        patch.setitem(MODELS, name, narrow(MODELS[name]))
    for number, (value, expected) in enumerate(wire.seen):
        (folder / str(number)).mkdir()
        patch.chdir(folder / str(number))
        assert wire.look(config("run", **{**wire.others, field: value})) == expected, value
