"""With a validation split the best epoch is chosen on it, and the test set is evaluated once, at the end."""

import csv

import keras
import numpy as np
import pytest
from helpers.small_runs import config, rows_of, small_model, small_set, split_of

from cutmix_tf import training

EVALUATED = [2, 4, 5]


class Run:
    """Five epochs of a restless training, evaluated every second one on a split of 40 images."""

    def __init__(self, folder):
        keras.utils.set_random_seed(1)
        self.folder, self.asked, self.model = folder, [], small_model()
        self.images = small_set(validation=split_of(40, seed=5))
        settings = {"epochs": 5, "evaluate_every": 2, "validation_split": "train[90%:]", "learning_rate": 0.8}
        make = training.Prepared.eval_batches
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training._fit.Fit, "_look_at_first_batch", lambda self: None)
            patch.setattr(
                training.Prepared, "eval_batches", lambda made, split: self.asked.append(split) or make(made, split)
            )
            self.summary = training.train(config(folder, **settings), model=self.model, images=self.images)

    def error_of(self, name, split):
        """In percent, of a saved model on the pixels of a split."""
        model = keras.saving.load_model(self.folder / f"{name}.keras")
        examples = self.images.splits[split]
        return 100 * np.mean(model.predict(examples.images, verbose=0).argmax(1) != examples.labels)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("validated") / "run")


def test_the_history_has_the_split_s_columns_and_is_empty_where_nothing_was_evaluated(run):
    with (run.folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "epoch", "train_loss", "train_top1_error", "validation_loss", "validation_top1_error", "validation_top5_error",
        "learning_rate",
    ]  # fmt: skip
    assert [int(row["epoch"]) for row in rows if row["validation_loss"]] == EVALUATED
    assert all(row["train_loss"] and row["learning_rate"] for row in rows)


def test_the_best_epoch_is_that_of_the_smallest_validation_error(run):
    errors = {int(row["epoch"]): row["validation_top1_error"] for row in rows_of(run.folder) if len(row) == 7}
    best = min(errors, key=errors.get)
    assert best != EVALUATED[-1], "choose another learning rate, so that best and last differ"
    assert run.summary["best_epoch"] == best
    assert run.summary["best_chosen_on"] == "validation"
    assert run.summary["validation_top1_error_best"] == pytest.approx(errors[best], abs=1e-4)
    assert run.summary["validation_top1_error_last"] == pytest.approx(errors[5], abs=1e-4)
    assert run.error_of("best", "validation") == pytest.approx(errors[best], abs=1e-3)
    assert run.error_of("final", "validation") == pytest.approx(errors[5], abs=1e-3)


def test_test_errors_are_those_of_the_last_and_of_the_best_model(run):
    assert run.summary["top1_error_last"] == pytest.approx(run.error_of("final", "test"), abs=1e-3)
    assert run.summary["top1_error_best"] == pytest.approx(run.error_of("best", "test"), abs=1e-3)
    assert run.summary["top1_error_last"] != run.summary["top1_error_best"]
    assert {"top5_error_last", "top5_error_best", "loss_last", "loss_best"} <= run.summary.keys()


def test_the_test_set_is_evaluated_at_the_end_only(run):
    assert set(run.asked[:-1]) == {"validation"}
    assert run.asked[-1] == "test"


def test_the_trained_model_keeps_its_last_weights(run):
    final = keras.saving.load_model(run.folder / "final.keras")
    for one, other in zip(run.model.get_weights(), final.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_one_the_summary_says_that_the_best_was_chosen_on_the_test_set(finished):
    assert finished.summary["best_chosen_on"] == "test"
    assert not [name for name in finished.summary if "validation" in name]
    assert not [name for name in rows_of(finished.folder)[0] if "validation" in name]


def test_splits_are_cut_as_tfds_writes_them():
    """Of the built-in set, which has 1,000 training images and as many to test on."""
    slices = {"train_split": "train[:20%]", "validation_split": "train[90%:]", "test_split": "test[:50]"}
    made = training.prepare(config("run", dataset="shapes", **slices))
    whole = training.prepare(config("run", dataset="shapes")).images
    assert [len(made.images.splits[name]) for name in ("train", "validation", "test")] == [200, 100, 50]
    np.testing.assert_array_equal(made.train_split.images, whole.train.images[:200])
    np.testing.assert_array_equal(made.images.validation.labels, whole.train.labels[900:])
    assert sum(len(labels) for _, labels in made.eval_batches("validation")) == 100
