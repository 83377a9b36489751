"""Suites run on a task: which ones fit, and what they agree on."""

import json

import keras
import numpy as np
import pytest
from helpers.evaluated_models import flat_model, without_boxes

from cutmix_tf import evaluation as ev
from cutmix_tf.evaluation._evaluate import used_by


@pytest.fixture(scope="module")
def results(model, small_set):
    """Of every suite."""
    sets = {"ood": ["uniform", without_boxes()], "corrupted": [without_boxes()]}
    return ev.evaluate(ev.load_task(model, dataset=small_set, limit=40, **sets), list(ev.SUITES))


def test_results_say_what_was_evaluated(results):
    assert list(results) == ["name", "mix", "dataset", "examples", *ev.SUITES]
    assert [results[key] for key in ("name", "mix", "dataset", "examples")] == [
        "small",
        "CutMix(alpha=1.0)",
        "small",
        40,
    ]


def test_results_are_plain_values(results):
    assert json.loads(json.dumps(results, allow_nan=False)) == results


def test_suites_agree_where_they_measure_the_same(results, model, small_set):
    examples = ev.load_examples(model, small_set, limit=40)
    error = ev.metrics.top_k_error(model.logits(examples.images), examples.labels)
    assert results["accuracy"]["top1_error"] == error < 30
    for suite, key in (("fgsm", "top1_error"), ("pgd", "top1_error"), ("occlusion", "center")):
        assert results[suite][key][0] == error
    assert results["in_between"]["mixup"]["either"][0] >= 100 - error
    wsol = results["wsol"]
    assert wsol["top1_loc"] <= wsol["gt_known_loc"] <= wsol["max_box_acc"] == max(wsol["found_at_threshold"])
    assert sum(results["calibration"]["counts"]) == 40
    assert set(results["ood"]["sets"]) == {"uniform", "other"}
    assert results["corruptions"]["sets"].keys() == {"other"}


def test_every_suite_has_headlines(results):
    for name, suite in ev.SUITES.items():
        found = suite.headlines(results[name])
        assert found, name
        assert all(isinstance(value, float) for value in found.values()), name
    titles = ev.headlines(results)
    assert len(titles) == sum(len(suite.headlines(results[name])) for name, suite in ev.SUITES.items())  # all differ


def test_by_default_all_suites_run_that_fit_but_pgd(model, small_set):
    task = ev.load_task(model, dataset=small_set, ood=["uniform"], limit=8)
    assert set(ev.SUITES) - set(ev.evaluate(task)) == {"pgd"}
    task = ev.load_task(model, dataset=without_boxes(), ood=(), limit=8)
    assert set(ev.SUITES) - set(ev.evaluate(task)) == {"pgd", "wsol", "ood"}


def test_suites_that_do_not_fit_are_refused(model, monkeypatch):
    task = ev.load_task(model, dataset=without_boxes(), ood=())
    with pytest.raises(ValueError, match=r"The wsol suite doesn't fit\. Localization needs a box for each image"):
        ev.evaluate(task, ["wsol"])
    with pytest.raises(ValueError, match="needs at least one OOD set"):
        ev.evaluate(task, ["ood"])
    with pytest.raises(ValueError, match="Did you mean 'fgsm'"):
        ev.evaluate(task, ["fgms"])
    one = ev.Task(model, ev.Examples(task.examples.images[:1], task.examples.labels[:1], ("a",)))
    with pytest.raises(ValueError, match="need examples of two classes"):
        ev.evaluate(one, ["in_between"])
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="needs Keras on TensorFlow; it runs on jax"):
        ev.evaluate(task, ["fgsm"])


def test_a_model_without_a_head_is_evaluated_without_localization(small_set):
    task = ev.load_task(flat_model(), dataset=small_set, ood=(), limit=8)
    with pytest.raises(ValueError, match="flat ends otherwise"):
        ev.evaluate(task, ["wsol"])
    assert "wsol" not in ev.evaluate(task)


def test_suites_say_which_inputs_they_use():
    assert used_by(None) == {"ood_sets", "corrupted"}
    assert used_by(["accuracy", "ood"]) == {"ood_sets"}
    with pytest.raises(ValueError, match="Did you mean 'accuracy'"):
        used_by(["wsol", "accurcy"])


def test_several_objects_in_an_image_are_localized(model, small_set):
    """Where one object was found, another box in the image changes nothing."""
    images, labels, one = small_set.test.images[:12], small_set.test.labels[:12], small_set.test.boxes[:12]
    two = [np.stack([[0, 0, 1, 1], box]) for box in one]
    examples = [ev.Examples(images, labels, tuple("abcd"), boxes) for boxes in (one, two)]
    alone, several = (ev.evaluate(ev.Task(model, each), ["wsol"])["wsol"] for each in examples)
    assert several["max_box_acc"] == alone["max_box_acc"] > 0
