"""A batch of a run is made again, bit for bit, and nothing on disk changes."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from helpers.looks import save_teachers
from helpers.marks import slow_but
from helpers.small_runs import config, content_of, small_model, small_set
from helpers.started import started

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.attention import Teacher
from cutmix_tf.training import replay


def batch_of(batches, step):
    """The arrays of a step by name, from batches that begin at step 0."""
    inputs, targets = list(batches.take(step + 1))[step]
    if not isinstance(inputs, dict):
        return {"images": inputs, "targets": targets}
    plan = {f"plan_{name}": value for name, value in inputs["plan"].items()}
    return {"images": inputs["images"], "targets": targets, **plan}


def assert_same_arrays(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


RUNS = {
    "erased, then mixed": {"erase": cm.Cutout(size=3), "static_shapes": True},
    "features on two replicas": {"mix": cm.FeatureCutMix(taps=(0, "conv")), "strategy": "mirrored:2"},
    "cached attention": {"mix": cm.AttentiveCutMix(), "teacher": Teacher("bright.keras")},
    "live attention": {"mix": cm.AttentiveCutMix(), "teacher": Teacher("bright.keras"), "attention": "live"},
}


@pytest.mark.parametrize("kind", slow_but(["features on two replicas", "cached attention"], RUNS))
def test_a_batch_comes_again_whatever_is_mixed(tmp_path, monkeypatch, kind):
    """The run was given a model, which is not needed again."""
    monkeypatch.chdir(tmp_path)
    save_teachers()
    expected = batch_of(started(config("run", **RUNS[kind]), model=small_model, images=small_set()).batches, 5)
    _forget_devices(tmp_path)
    before = content_of(tmp_path)
    assert_same_arrays(replay("run", 5, images=small_set()), expected)
    assert content_of(tmp_path) == before


def _forget_devices(folder):
    """Rewrites the run as if it had been trained on devices that this machine doesn't have."""
    file = folder / "run" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "strategy": "mirrored:64"}))


def test_a_finished_run_stays_as_it_is(finished):
    before = content_of(finished.folder)
    batch = replay(finished.folder, 11, images=small_set())
    assert content_of(finished.folder) == before
    expected = training.prepare(config(finished.folder), images=small_set()).train_batches()
    assert_same_arrays(batch, batch_of(expected, 11))
    assert len(batch["images"]) == 12  # the last, partial one


def test_a_run_that_was_moved_is_replayed_where_it_is(finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "moved")
    one, other = (replay(folder, 2, images=small_set()) for folder in (finished.folder, tmp_path / "moved"))
    assert_same_arrays(one, other)


def test_maps_that_are_gone_are_not_computed_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_teachers()
    started(config("run", **RUNS["cached attention"]), model=small_model, images=small_set())
    (tmp_path / "attention" / "small-bright-mean.npz").unlink()
    before = content_of(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"maps are gone: 'attention/small-bright-mean\.npz'"):
        replay("run", 0, images=small_set())
    assert content_of(tmp_path) == before


def test_what_cannot_be_replayed_is_refused(finished, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a run: config\.json is missing"):
        replay(tmp_path / "nowhere", 5)
    with pytest.raises(ValueError, match="step must be at least 0 and at most 11; got 12"):
        replay(finished.folder, 12, images=small_set())
    with pytest.raises(TypeError, match="step must be a whole number"):
        replay(finished.folder, 1.0, images=small_set())
    test = small_set().test
    other = small_set(test=dataclasses.replace(test, labels=test.labels[::-1].copy()))
    with pytest.raises(ValueError, match="The data has changed since this run started: test"):
        replay(finished.folder, 0, images=other)


def test_a_damaged_config_is_named(finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "run")
    (tmp_path / "run" / "config.json").write_text('{"dataset": "small"')
    with pytest.raises(ValueError, match=r"config\.json' is damaged"):
        replay(tmp_path / "run", 0, images=small_set())
