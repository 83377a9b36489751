"""Equal seeds give equal bits however a mixer is called: eagerly, in graphs, under XLA, in datasets and processes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import cases, laws
from helpers.execution import op_by_op
from helpers.marks import rows

import cutmix_tf as cm
from cutmix_tf import _xla

TESTS = Path(__file__).parents[1]
BETWEEN_THEM_ALL_PLANS = {name: cases.ONE_OF_EACH[name] for name in ("CutMix", "AttentiveCutMix", "OneOf")}


def each(methods, fast=None):
    wrapped = {name: cases.WithMaps(mixer) for name, mixer in methods.items()}
    return pytest.mark.parametrize("mixer", rows(wrapped, fast))


def assert_same(mixer, first, second, err_msg=""):
    """Blends are rounded differently if operations are fused; everything else must be equal."""
    np.testing.assert_array_equal(first[1], second[1], err_msg=err_msg)
    rtol = 1e-6 if cases.blends(mixer.mixer) else 0
    np.testing.assert_allclose(first[0], second[0], rtol=rtol, atol=0, err_msg=err_msg)


@pytest.fixture
def batch():
    return laws.numbered_batch()


@pytest.mark.slow
@each(BETWEEN_THEM_ALL_PLANS)
def test_same_bits_with_and_without_xla(mixer, batch, xla, monkeypatch):
    compiled = mixer(*batch, seed=(3, 5))
    monkeypatch.setattr(_xla, "available", lambda: False)
    assert_same(mixer, compiled, mixer(*batch, seed=(3, 5)))


@each({name: cases.ONE_OF_EACH[name] for name in ("CutMix", "AttentiveCutMix")}, ["CutMix"])
def test_same_bits_inside_a_users_compiled_function(mixer, batch, xla):
    step = tf.function(mixer, jit_compile=True)
    assert_same(mixer, step(*batch, seed=tf.constant([3, 5])), mixer(*batch, seed=(3, 5)))


@pytest.mark.slow
@each(cases.CASES)
def test_same_bits_in_every_compiled_way(mixer, batch, xla, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(_xla, "available", lambda: False)
        expected = mixer(*batch, seed=(3, 5))
    assert_same(mixer, mixer(*batch, seed=(3, 5)), expected, "XLA")
    assert_same(mixer, tf.function(mixer, jit_compile=True)(*batch, seed=tf.constant([3, 5])), expected, "jit")
    assert_same(mixer, tf.function(mixer)(*batch, seed=tf.constant([3, 5])), expected, "graph")
    mapped = tf.data.Dataset.from_tensors(batch).map(lambda *parts: mixer(*parts, seed=(3, 5)))
    assert_same(mixer, next(iter(mapped)), expected, "Dataset.map")


@each(cases.ONE_OF_EACH, BETWEEN_THEM_ALL_PLANS)
def test_same_bits_in_graphs_and_datasets(mixer, batch):
    expected = mixer(*batch, seed=(3, 5))
    assert_same(mixer, tf.function(mixer)(*batch, seed=tf.constant([3, 5])), expected, "graph")
    twice = tf.data.Dataset.from_tensors(batch).repeat(2)
    for mixed in twice.map(lambda *parts: mixer(*parts, seed=(3, 5)), num_parallel_calls=8):
        assert_same(mixer, mixed, expected, "Dataset.map")


@each(cases.ONE_OF_EACH, ["CutMix", "Mosaic"])
def test_new_seeds_compile_nothing_anew(mixer, batch, xla):
    """The seed is an input of the program; XLA compiles again for each value of what must be a constant."""
    step = tf.function(lambda *parts: mixer(*parts[:2], seed=parts[2]), jit_compile=True, autograph=False)
    program = step.experimental_get_compiler_ir(*batch, tf.constant([3, 5]))(stage="hlo")
    assert re.search(r"= s32\[2\]\S* parameter\(", program[program.index("ENTRY") :])


@pytest.mark.slow
def test_same_bits_in_another_process():
    program = [sys.executable, TESTS / "programs" / "print_mixes.py"]
    child = subprocess.run(
        program, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(TESTS)}
    )
    with op_by_op():
        assert child.stdout.split() == list(cases.digests())


# ---- seeds and steps ----


def test_steps_of_a_dataset_differ_and_repeat_with_the_seed():
    batches = tf.data.Dataset.from_tensors(laws.painted_batch()).repeat(6)
    first, again = list(cm.mix(batches, cm.CutMix(), seed=1)), list(cm.mix(batches, cm.CutMix(), seed=1))
    other = list(cm.mix(batches, cm.CutMix(), seed=2))
    for (images, targets), (images_again, targets_again) in zip(first, again, strict=True):
        np.testing.assert_array_equal(images, images_again)
        np.testing.assert_array_equal(targets, targets_again)
    different = {targets.numpy().tobytes() for _, targets in first + other}
    assert len(different) == 12


def test_step_of_a_dataset_is_the_mixer_with_seed_and_step():
    images, labels = laws.painted_batch()
    batches = tf.data.Dataset.from_tensors((images, labels)).repeat(3)
    third = list(cm.mix(batches, cm.CutMix(), seed=8))[2]
    expected = cm.CutMix()(images, labels, seed=(8, 2))
    np.testing.assert_array_equal(third[0], expected[0])
    np.testing.assert_array_equal(third[1], expected[1])


def test_a_dataset_is_mixed_for_a_model():
    mixer = cm.FeatureCutMix(taps=(0, 1)).bound_to(((4, 4), (2, 2)))
    images, labels = laws.painted_batch(count=6)
    mixed = next(iter(cm.mix(tf.data.Dataset.from_tensors((images, labels)), mixer, seed=8)))
    for part, expected in zip(*map(tf.nest.flatten, (mixed, mixer(images, labels, seed=(8, 0)))), strict=True):
        np.testing.assert_array_equal(part, expected)


def test_without_a_seed_each_call_draws_anew():
    batch = laws.painted_batch()
    eager = [cm.CutMix()(*batch)[1].numpy().tobytes() for _ in range(4)]
    mapped = tf.data.Dataset.from_tensors(batch).repeat(4).map(cm.CutMix())
    assert len(set(eager)) == 4
    assert len({targets.numpy().tobytes() for _, targets in mapped}) == 4


# ---- one cache of compiled functions ----


def test_equal_mixers_share_a_compiled_function_until_it_is_cleared(batch):
    _xla.clear_compiled()
    for mixer in (cm.CutMix(), cm.CutMix(alpha=1.0), cm.CutMix(alpha=2.0)):
        mixer(*batch)
    assert _xla._compiled.cache_info().currsize == 2
    _xla.clear_compiled()
    assert _xla._compiled.cache_info().currsize == 0
