"""A fast dev run: which settings it changes, and how little of the data it uses."""

import dataclasses

import pytest
from helpers.small_runs import config, small_set

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.attention import Teacher
from cutmix_tf.training._fast import EPOCHS, STEPS, fast_config


def test_everything_else_stays_as_it_is(tmp_path):
    settings = config(tmp_path / "run", epochs=300, warmup_epochs=5, evaluate_every=10, label_smoothing=0.1)
    fast = fast_config(settings)
    changed = {name for name, value in vars(fast).items() if value != getattr(settings, name)}
    assert changed == {"epochs", "warmup_epochs", "evaluate_every", "checkpoint_steps", "run_dir"}
    assert (fast.epochs, fast.warmup_epochs, fast.evaluate_every) == (EPOCHS, EPOCHS, 1)


def test_maps_are_not_computed_for_all_images_and_no_service_is_needed(tmp_path):
    settings = config(tmp_path / "run", mix=cm.AttentiveCutMix(), teacher=Teacher("bright.keras"))
    assert fast_config(settings).attention == "live"
    assert fast_config(config(tmp_path / "other", data_service="grpc://localhost:5050")).data_service is None


def test_folders_are_new_ones(tmp_path):
    settings = config(tmp_path / "deep" / "run")
    names = [fast_config(settings).run_dir for _ in range(3)]
    assert names == [str(tmp_path / "deep" / f"run_fast_dev_run_{number}") for number in (1, 2, 3)]
    assert fast_config(dataclasses.replace(settings, run_dir=None)).run_dir is None


def test_several_workers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="A fast dev run tries one machine; got strategy='multiworker'"):
        fast_config(config(tmp_path / "run", strategy="multiworker"))


def test_a_limit_cuts_epochs_and_evaluations(tmp_path):
    whole = training.prepare(config(tmp_path / "run", batch_size=4), images=small_set())
    few = dataclasses.replace(whole, limit=STEPS)
    assert (whole.steps_per_epoch, few.steps_per_epoch) == (15, STEPS)
    assert (whole.images_per_epoch, few.images_per_epoch) == (60, 4 * STEPS)
    assert [len(list(each.eval_batches("test"))) for each in (whole, few)] == [8, STEPS]
    tiny = dataclasses.replace(whole, limit=100)
    assert (tiny.steps_per_epoch, tiny.images_per_epoch) == (15, 60)
