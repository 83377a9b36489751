"""The average of weights: its closed form, and that it is what is evaluated, saved and continued."""

import contextlib
import signal

import keras
import numpy as np
import pytest
from helpers.small_runs import assert_same_bits, rows_of, small_set, train, weights_of
from helpers.stopped_runs import at_step

from cutmix_tf.runs import Progress
from cutmix_tf.training import Interrupted
from cutmix_tf.training._average import WeightAverage

pytestmark = pytest.mark.usefixtures("without_figure")


class Model:
    """Holds weights, one of them an integer."""

    def __init__(self, value=0.0):
        self.weights = [np.float32([value, -value]), np.int64([value])]

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = list(weights)


def averaged(ema, values):
    """A model that had one of the values after each step, its average, and the progress that holds it."""
    model, progress = Model(), Progress()
    average = WeightAverage(model, ema, progress)
    average.set_model(model)
    for value in values:
        model.weights = Model(value).weights
        average.on_train_batch_end(0)
        progress.step += 1
    return model, average, progress


@pytest.mark.parametrize("ema", [0.0, 0.5, 0.9, 0.99])
def test_recent_weights_count_most_and_initial_ones_nothing(ema):
    values = np.array([3.0, -1.0, 4.0, 1.0, -5.0])
    _, _, progress = averaged(ema, values)
    shares = ema ** np.arange(len(values))[::-1]
    mean = (shares * values).sum() / shares.sum()
    np.testing.assert_allclose(progress.averages[0], [mean, -mean], rtol=1e-5)
    np.testing.assert_array_equal(progress.averages[1], [-5])


def test_a_slow_average_samples_every_few_steps():
    """With 0.9995 there are 100 samples within 2,000 steps: after every 20th."""
    _, average, progress = averaged(0.9995, range(1, 60))
    assert average.every == 20
    mean = (20 * 0.9995**20 + 40) / (0.9995**20 + 1)
    np.testing.assert_allclose(progress.averages[0], [mean, -mean], rtol=1e-6)


def test_a_whole_average_is_close_to_one_of_every_step():
    values = np.sin(np.arange(3000) / 300)
    _, _, progress = averaged(0.999, values)
    shares = 0.999 ** np.arange(len(values))[::-1]
    np.testing.assert_allclose(progress.averages[0][0], (shares * values).sum() / shares.sum(), atol=0.01)


def test_the_average_is_in_place_during_an_evaluation_and_the_weights_come_back_bit_for_bit():
    model, average, progress = averaged(0.5, [0.1, 0.7])
    before = model.get_weights()
    average.on_test_begin()
    np.testing.assert_array_equal(model.weights[0], progress.averages[0])
    average.on_test_end()
    np.testing.assert_array_equal(model.weights[0], before[0])
    with contextlib.suppress(KeyError), average.in_place():
        raise KeyError
    np.testing.assert_array_equal(model.weights[0], before[0])


def test_before_its_first_sample_the_weights_stay_in_place():
    model, average, _ = averaged(0.9999, [0.3])
    with average.in_place():
        np.testing.assert_array_equal(model.weights[0], np.float32([0.3, -0.3]))


# ---- in a run ----

AVERAGED = {"ema": 0.8}


@pytest.fixture(scope="module")
def averaged_run(tmp_path_factory):
    """A run of three epochs with an average."""
    from cutmix_tf import _xla

    folder = tmp_path_factory.mktemp("averaged") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_xla, "available", lambda: False)
        train(folder, **AVERAGED)
    return folder


@pytest.mark.slow
def test_the_average_of_all_weights_is_what_a_run_saves(averaged_run, finished):
    """The weights that are trained stay those of a run without an average; statistics are averaged too."""
    training, plain = rows_of(averaged_run), rows_of(finished.folder)
    assert [row["train_loss"] for row in training] == [row["train_loss"] for row in plain]
    checkpoint = averaged_run / "checkpoints" / "step-000000012"
    with np.load(checkpoint / "averages.npz") as saved:
        averages = [saved[name] for name in saved.files]
    for one, other, last in zip(weights_of(averaged_run), averages, weights_of(finished.folder), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.any(one != last)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "choose"), [("final", lambda errors: errors[-1]), ("best", min)])
def test_errors_are_those_of_the_saved_average(averaged_run, name, choose):
    test = small_set().test
    model = keras.saving.load_model(averaged_run / f"{name}.keras")
    error = 100 * (model.predict(test.images, verbose=0).argmax(1) != test.labels).mean()
    assert error == pytest.approx(choose([row["test_top1_error"] for row in rows_of(averaged_run)]), abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("step", [4, 6])
def test_a_run_that_is_stopped_continues_its_average_to_the_same_bits(averaged_run, tmp_path, step):
    with at_step(step, lambda: signal.raise_signal(signal.SIGINT)), pytest.raises(Interrupted):
        train(tmp_path / "run", **AVERAGED)
    train(tmp_path / "run", **AVERAGED)
    assert_same_bits(tmp_path / "run", averaged_run)
    for name in ("averages.npz", "metrics.npz"):
        one, other = (each / "checkpoints" / "step-000000012" / name for each in (tmp_path / "run", averaged_run))
        with np.load(one) as arrays, np.load(other) as expected:
            assert arrays.files == expected.files
            assert all(np.array_equal(arrays[key], expected[key]) for key in arrays.files)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"precision": "mixed_bfloat16"}, {"strategy": "mirrored:2"}], ids=str)
def test_everything_of_the_modern_recipe_works_together(tmp_path, changes):
    settings = {"optimizer": "adamw", "learning_rate": 0.02, "weight_decay": 0.05, "clip_norm": 1.0, "ema": 0.8}
    summary = train(tmp_path / "run", epochs=12, **settings, **changes)
    assert summary["top1_error_last"] <= 70
