"""Recipes by name: the published settings, in Keras code, in a config and on the command line."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws
from helpers.execution import op_by_op
from helpers.small_runs import config

import cutmix_tf as cm
from cutmix_tf.cli._config import read_config
from cutmix_tf.losses import make_loss
from cutmix_tf.runs import config_from_json, config_to_json
from cutmix_tf.training import TrainConfig

PUBLISHED = {
    "deit": (0.8, "crossentropy", 0.1, None),
    "rsb_a2": (0.1, "binary_crossentropy", 0.0, 0.2),
}


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_settings_are_the_published_ones(name, published):
    recipe = cm.recipes.recipe_of(name)
    mixup, cutmix = recipe.mix.mixers
    assert (mixup.alpha, recipe.loss, recipe.label_smoothing, recipe.target_threshold) == published
    assert (cutmix.alpha, cutmix.prob, mixup.prob, recipe.mix.weights) == (1.0, 1.0, 1.0, None)


@pytest.mark.slow
def test_one_method_is_drawn_by_a_coin_for_each_batch():
    images, labels = laws.painted_batch(4, 12, 12)
    blended = []
    with op_by_op():
        for step in range(60):
            mixed, targets = cm.recipes.deit().mix(images, labels, seed=(1, step))
            assert len(np.unique(targets[:, 0, 1])) == 1
            blended.append(bool(np.any(mixed != tf.round(mixed))))
    assert 15 < sum(blended) < 45


def test_attentive_mix_plus_draws_the_number_of_cells():
    assert cm.recipes.attentive_mix_plus().mix == cm.AttentiveCutMix(top_n=None, alpha=2.0)


def test_losses_are_those_of_the_settings():
    pairs = np.float32([[[0, 0.7], [1, 0.3]], [[2, 0.9], [1, 0.1]]])
    scores = np.float32([[1, -2, 0.5], [0, 3, -1]])
    smoothed = cm.MixedCrossentropy(label_smoothing=0.1)(pairs, scores)
    np.testing.assert_array_equal(cm.recipes.deit().make_loss()(pairs, scores), smoothed)
    present = np.float32([[1, 1, 0], [0, 0, 1]])  # 0.1 is below the threshold
    expected = np.mean(np.logaddexp(0, scores) - present * scores)
    np.testing.assert_allclose(cm.recipes.rsb_a2().make_loss()(pairs, scores), expected, rtol=1e-6)
    assert not cm.recipes.deit().make_loss(from_logits=False).from_logits


def test_a_config_follows_a_recipe_by_name_or_by_its_settings():
    by_name, spelled_out = config("run", mix=None, recipe="deit"), config("run", **cm.recipes.deit().settings)
    assert dataclasses.replace(by_name, recipe=None) == spelled_out
    assert config_from_json(TrainConfig, config_to_json(by_name)) == by_name


def test_the_command_line_follows_a_recipe():
    chosen = read_config(["shapes_resnet20", "--recipe", "rsb_a2"], "cutmix-tf train")
    assert (chosen.loss, chosen.target_threshold, chosen.mix) == ("binary_crossentropy", 0.2, cm.recipes.rsb_a2().mix)


BAD = {
    "unknown": (dict(recipe="deitt", mix=None), ValueError, "Did you mean 'deit'"),
    "no name": (dict(recipe=3, mix=None), TypeError, "chosen by its name"),
    "another mixer": (dict(recipe="deit"), ValueError, "sets mix=OneOf.*got CutMix.*Leave out one"),
    "another smoothing": (dict(recipe="deit", mix=None, label_smoothing=0.2), ValueError, "sets label_smoothing=0.1"),
    "another loss": (dict(recipe="deit", mix=None, loss="mse"), ValueError, "sets loss"),
    "unknown loss": (dict(loss="mse"), ValueError, "loss must be one of"),
    "threshold without use": (dict(target_threshold=0.2), ValueError, "is for the binary loss"),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD.values(), ids=BAD)
def test_what_a_config_can_not_follow_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        config("run", **settings)


def test_losses_by_name():
    assert isinstance(make_loss("crossentropy", 0.1), cm.MixedCrossentropy)
    with pytest.raises(ValueError, match="loss must be one of"):
        make_loss("hinge")
