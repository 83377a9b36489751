"""What a model is evaluated on: data is loaded ahead, and only if it is used."""

import numpy as np
import pytest
from helpers.evaluated_models import SIZE, without_boxes

from cutmix_tf import evaluation as ev


def test_ood_sets_are_noise_and_images_of_other_sets(model, small_set):
    task = ev.load_task(model, dataset=small_set, ood=["uniform", without_boxes()], limit=20)
    assert list(task.ood_sets) == ["uniform", "other"]
    noise, other = (np.concatenate(list(parts)) for parts in task.ood_sets.values())
    np.testing.assert_array_equal(noise, ev.perturbations.noise("uniform", 20, (SIZE, SIZE)))
    np.testing.assert_array_equal(other, ev.load_images(model, without_boxes(), limit=20))


def test_optional_inputs_are_loaded_only_if_they_are_used(model, small_set):
    inputs = {"dataset": small_set, "ood": ["no such set"], "corrupted": ["no such set"]}
    task = ev.load_task(model, **inputs, uses=frozenset())
    assert (task.ood_sets, task.corrupted) == ({}, {})
    for used in ("ood_sets", "corrupted"):
        with pytest.raises(ValueError, match="no such set"):
            ev.load_task(model, **inputs, uses=frozenset({used}))


def test_the_test_set_is_not_out_of_distribution(model, small_set):
    with pytest.raises(ValueError, match="OOD sets must differ from the test set; got small in ood"):
        ev.load_task(model, dataset=small_set, ood=["uniform", small_set])


def test_logits_and_maps_are_computed_once(model, small_set):
    task = ev.load_task(model, dataset=small_set, ood=())
    assert task.logits is task.logits
    assert task.true_maps is task.true_maps
    assert task.true_maps.shape == (60, SIZE, SIZE)
