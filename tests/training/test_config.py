"""Configs: values of the wrong type, out of range, or that don't go together are refused, and the error says why."""

import ast
import dataclasses
import inspect
import itertools

import pytest
from helpers.small_runs import config, small_model

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.attention import Teacher

REFUSED = {
    "unknown setting": ({"optimiser": "sgd"}, TypeError, "unexpected keyword argument 'optimiser'"),
    "epochs as text": ({"epochs": "3"}, TypeError, "epochs must be a whole number; got '3'"),
    "no epochs": ({"epochs": 0}, ValueError, "epochs must be at least 1; got 0"),
    "part of an epoch": ({"epochs": 1.5}, TypeError, "epochs must be a whole number"),
    "bool for a number": ({"batch_size": True}, TypeError, "batch_size must be a whole number; got True"),
    "number for a bool": ({"sync_batch_norm": 1}, TypeError, "sync_batch_norm must be True or False; got 1"),
    "large seed": ({"seed": 2**31}, ValueError, "seed must be at least 0 and at most 2"),
    "mix by name": ({"mix": "CutMix"}, TypeError, "mix must be a mixer such as CutMix()"),
    "erase that mixes": ({"erase": cm.CutMix()}, ValueError, "erase must keep labels, as Cutout() does"),
    "regularizer by name": ({"regularizer": "DropBlock"}, TypeError, "regularizer must be a regularizer such as"),
    "path for a folder": ({"data_dir": 5}, TypeError, "data_dir must be a string or None; got 5"),
    "unknown augmentation": ({"augment": "crop-flip"}, ValueError, "Did you mean 'crop_flip'"),
    "unknown schedule": ({"schedule": "cosin"}, ValueError, "Did you mean 'cosine'"),
    "unknown policy": ({"auto_augment": "cifar"}, ValueError, "Did you mean 'cifar10'"),
    "unknown precision": ({"precision": "bf16"}, ValueError, "precision must be one of 'float32'"),
    "number as a choice": ({"last_stride": 3}, ValueError, "last_stride must be one of"),
    "falling milestones": ({"milestones": (0.75, 0.5)}, ValueError, "milestones must be in increasing order"),
    "late milestone": ({"milestones": (1.5,)}, ValueError, "each milestone must be at least 0 and at most 1"),
    "one milestone": ({"milestones": 0.5}, TypeError, "milestones must be a list or a tuple"),
    "unknown optimizer": ({"optimizer": "adamv"}, ValueError, "Did you mean 'adamw'"),
    "norm of 0": ({"clip_norm": 0.0}, ValueError, "clip_norm must be above 0"),
    "average that never moves": ({"ema": 1.0}, ValueError, "ema must be below 1"),
    "average of one weight": ({"ema": "0.999"}, TypeError, "ema must be a number"),
    "negative decay": ({"weight_decay": -1.0}, ValueError, "weight_decay must be at least 0"),
    "rate of 0": ({"learning_rate": 0.0}, ValueError, "learning_rate must be above 0"),
    "long warm-up": ({"warmup_epochs": 9}, ValueError, "warmup_epochs must be at least 0 and at most 3"),
    "falling schedule": ({"mix_schedule": ((0.5, 1), (0.2, 1))}, ValueError, "must not decrease"),
    "strength of 2": ({"mix_schedule": ((0, 2),)}, ValueError, "each strength must be"),
    "address without a scheme": ({"data_service": "localhost:5050"}, ValueError, "grpc://HOST:PORT"),
    "no checkpoint kept": ({"checkpoints_kept": 0}, ValueError, "checkpoints_kept must be at least 1"),
    "evaluate never": ({"evaluate_every": 0}, ValueError, "evaluate_every must be at least 1"),
}

CONTRADICTIONS = {
    "schedule of nothing": ({"mix": None, "mix_schedule": ((0, 1),)}, "mix_schedule scales a mixer; got mix=None"),
    "schedule of no DropBlock": ({"drop_schedule": "linear"}, "drop_schedule is for WithDropBlock"),
    "momentum of AdamW": ({"optimizer": "adamw", "momentum": 0.5}, "momentum is for 'sgd'; got optimizer='adamw'"),
    "teacher without a student": (
        {"teacher": Teacher("vgg16")},
        "A teacher guides mixers that read attention maps, such as AttentiveCutMix(); mix=CutMix(",
    ),
    "live teacher at a service": (
        {
            "mix": cm.AttentiveCutMix(),
            "teacher": Teacher("vgg16"),
            "attention": "live",
            "data_service": "grpc://localhost:5050",
        },
        "Use attention='cache', or leave out the service",
    ),
}


@pytest.mark.parametrize(("changes", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_values_are_refused(tmp_path, changes, error, message):
    with pytest.raises(error) as refused:
        config(tmp_path, **changes)
    assert message in str(refused.value)


@pytest.mark.parametrize(("changes", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its message is looked at
        config(tmp_path, **changes)
    assert message in str(refused.value)


def test_a_config_names_its_teacher_and_holds_no_model(tmp_path):
    with pytest.raises(TypeError, match="names its teacher"):
        config(tmp_path, mix=cm.AttentiveCutMix(), teacher=Teacher(small_model()))


def test_lists_become_tuples_so_that_equal_configs_compare_equal(tmp_path):
    lists = config(tmp_path, milestones=[0.5], mix_schedule=[[0, 1], [1, 0]])
    assert lists == config(tmp_path, milestones=(0.5,), mix_schedule=((0, 1), (1, 0)))
    assert hash(lists) == hash(config(tmp_path, milestones=(0.5,), mix_schedule=((0, 1), (1, 0))))


def test_the_path_of_a_cache_needs_a_teacher(tmp_path):
    with pytest.raises(ValueError, match="Attention maps need a teacher"):
        _ = config(tmp_path).cache_path


def test_each_setting_belongs_to_one_group():
    names = [field.name for group in training.GROUPS for field in dataclasses.fields(group)]
    assert sorted(names) == sorted(field.name for field in dataclasses.fields(training.TrainConfig))


def test_every_setting_is_documented():
    for group in training.GROUPS:
        (tree,) = ast.parse(inspect.getsource(group)).body
        for node, following in itertools.pairwise(tree.body):
            if isinstance(node, ast.AnnAssign):
                assert isinstance(following, ast.Expr), node.target.id
                assert following.value.value.endswith("."), node.target.id
