"""Checkpoints are written whole, verified when they are read, and the newest intact one is loaded."""

import keras
import numpy as np
import pytest
from helpers.stopped_runs import Killed, die_at_call

from cutmix_tf.runs import Checkpoints, Progress, _checkpoints


def model_of(value):
    """A compiled and built model whose weights, and whose optimizer's, are that number."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Dropout(0.5, seed=1)])
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    for variable in [*model.trainable_variables, *model.optimizer.variables[2:]]:
        variable.assign(np.full(variable.shape, value))
    return model


def values_in(model):
    return {float(value) for variable in model.trainable_variables for value in np.ravel(variable)}


def save(folder, step, kept=2):
    """A checkpoint whose weights are the step's number."""
    Checkpoints(folder, kept).save(model_of(step), Progress(step=step, history=[{"epoch": 1.0}], rates=[2.0]))


def load(folder):
    """What the newest intact checkpoint holds: the step, and the values of the weights."""
    model = model_of(-1)
    return Checkpoints(folder).load(model).step, values_in(model)


def test_everything_comes_back(tmp_path):
    model = model_of(3)
    metrics = [np.float32([1, 2]), np.int64(5)]
    progress = Progress(step=7, history=[{"epoch": 1.0, "loss": 0.1}], rates=[12.5], metrics=metrics)
    keras.utils.set_random_seed(0)
    model(np.ones((1, 2)), training=True)  # moves the state of dropout's generator
    Checkpoints(tmp_path).save(model, progress)
    other = model_of(4)
    loaded = Checkpoints(tmp_path).load(other)
    assert (loaded.step, loaded.history, loaded.rates) == (7, progress.history, [12.5])
    for one, two in zip(loaded.metrics, metrics, strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(model.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, two)


def test_without_checkpoints_a_run_has_not_begun(tmp_path):
    assert load(tmp_path / "nowhere") == (0, {-1.0})


def test_the_last_ones_are_kept(tmp_path):
    for step in (5, 9, 10, 100):
        save(tmp_path, step, kept=3)
    assert Checkpoints(tmp_path).names() == ["step-000000009", "step-000000010", "step-000000100"]
    assert load(tmp_path) == (100, {100.0})


def test_a_step_is_saved_again(tmp_path):
    save(tmp_path, 5)
    Checkpoints(tmp_path).save(model_of(6), Progress(step=5))
    assert load(tmp_path) == (5, {6.0})


DAMAGE = {
    "truncated": lambda folder: _change(folder / "state.weights.h5", lambda content: content[: len(content) // 2]),
    "one bit": lambda folder: _change(folder / "state.weights.h5", _with_a_flipped_bit),
    "no progress": lambda folder: (folder / "progress.json").unlink(),
    "other progress": lambda folder: (folder / "progress.json").write_text('{"step": 8, "history": [], "rates": []}'),
    "no metrics": lambda folder: (folder / "metrics.npz").write_bytes(b""),
    "no digests": lambda folder: (folder / "digests.json").unlink(),
    "digests that aren't JSON": lambda folder: (folder / "digests.json").write_text("{"),
}


def _change(file, change):
    file.write_bytes(change(file.read_bytes()))


def _with_a_flipped_bit(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_checkpoint_is_skipped_with_a_warning(tmp_path, caplog, damage):
    save(tmp_path, 1)
    save(tmp_path, 2)
    damage(tmp_path / "step-000000002")
    assert load(tmp_path) == (1, {1.0})
    assert "Skipping checkpoint step-000000002: " in caplog.text


def test_when_all_are_damaged_nothing_is_loaded(tmp_path):
    save(tmp_path, 1)
    (tmp_path / "step-000000001" / "progress.json").write_text("{")
    with pytest.raises(ValueError, match=r"All checkpoints in .* are damaged. Remove the run's folder"):
        load(tmp_path)


PLACES = {
    "weights": (keras.Model, "save_weights", 1),
    "metrics": (np, "savez", 1),
    "digests": (_checkpoints, "_digest", 2),
    "before renaming": (_checkpoints.os, "replace", 1),
}


@pytest.mark.parametrize(("place", "name", "number"), PLACES.values(), ids=PLACES)
def test_a_process_killed_while_it_saves_leaves_the_earlier_one(tmp_path, monkeypatch, place, name, number):
    save(tmp_path, 1)
    with monkeypatch.context() as patch:
        patch.setattr(place, name, die_at_call(getattr(place, name), number))
        with pytest.raises(Killed):
            save(tmp_path, 2)
    assert load(tmp_path) == (1, {1.0})
    save(tmp_path, 2)
    assert load(tmp_path) == (2, {2.0})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000001", "step-000000002"]


def test_a_full_disk_leaves_the_earlier_one_and_says_what_to_do(tmp_path, monkeypatch):
    save(tmp_path, 1)

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    message = r"step 2 can't be written .* No space left on device. The last one, step-000000001, is intact. Free some"
    with pytest.raises(OSError, match=message):
        save(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
