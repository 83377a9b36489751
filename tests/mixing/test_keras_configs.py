"""Mixers as values: they print as they are written, and come back from Keras configs, JSON, pickles and copies."""

import copy
import dataclasses
import json
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import cases, laws
from helpers.execution import op_by_op

import cutmix_tf as cm
from cutmix_tf.mixing import MIXERS, Canvas, Mixer, Plan

ALL = {**cases.CASES, **cases.HIDDEN}
OPTIONS = {"num_classes": {"species": 5}, "regression": ("age",), "seed": 3}


def each(methods):
    return pytest.mark.parametrize("mixer", methods.values(), ids=methods)


@each(ALL)
@pytest.mark.parametrize("options", [{}, OPTIONS, {"num_classes": 10}], ids=str)
def test_mixers_come_back_from_a_config(mixer, options):
    mixer = dataclasses.replace(mixer, **options)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(mixer)))
    assert config["registered_name"] == f"cutmix_tf>{type(mixer).__name__}"
    for again in (
        keras.saving.deserialize_keras_object(config),
        type(mixer).from_config(mixer.get_config()),
        pickle.loads(pickle.dumps(mixer)),
        copy.deepcopy(mixer),
    ):
        assert again == mixer
        assert type(again) is type(mixer)
        assert hash(again) == hash(mixer)


@each(ALL)
@pytest.mark.parametrize("options", [{}, OPTIONS], ids=str)
def test_mixers_print_as_they_are_written(mixer, options):
    mixer = dataclasses.replace(mixer, **options)
    assert eval(repr(mixer), dict(MIXERS)) == mixer
    assert all(f"{name}={value!r}" in repr(mixer) for name, value in options.items())
    if not options:
        assert "num_classes" not in repr(mixer)


def test_options_come_last():
    assert repr(cm.CutMix(seed=1)) == "CutMix(alpha=1.0, prob=1.0, per='example', seed=1)"
    assert repr(cm.CutMix(images_key="x", pass_through=["y"])).endswith("images_key='x', pass_through=['y'])")


def test_options_are_part_of_the_value():
    assert cm.CutMix(seed=1) != cm.CutMix(seed=2)
    assert cm.CutMix(num_classes=3) != cm.CutMix()
    assert cm.CutMix(seed=1).without_options() == cm.CutMix()
    plain = cm.CutMix(alpha=0.5)
    assert plain.without_options() is plain


@dataclasses.dataclass(frozen=True)
class Swap(Mixer):
    """A mixer of a user's own: the whole partner, and its label."""

    strictly: bool = True

    def plan(self, canvas: Canvas, seed) -> Plan:
        partner = (tf.range(canvas.batch) + 1) % canvas.batch
        return Plan(tf.tile(canvas.whole, [canvas.batch, 1]), partner)


def test_a_users_mixer_is_registered_under_its_own_package():
    mixer = Swap(strictly=False, num_classes=6)
    config = keras.saving.serialize_keras_object(mixer)
    package = Swap.__module__.partition(".")[0]
    assert config["registered_name"] == f"{package}>Swap"
    assert keras.saving.deserialize_keras_object(config) == mixer
    with op_by_op():
        images, labels = mixer(*laws.painted_batch(count=6), seed=(0, 0))
    np.testing.assert_array_equal(labels, np.roll(np.eye(6), 1, axis=1))
    np.testing.assert_array_equal(images[:, 0, 0, 0], np.roll(np.arange(6), -1))
    with pytest.raises(TypeError, match="Did you mean 'strictly'"):
        Swap(strict=True)
