"""Mixers with a seed of their own: the n-th call draws what (seed, n) draws."""

import copy
import gc
import pickle

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws

import cutmix_tf as cm

BATCH = laws.painted_batch(count=8)


def targets_of(dataset):
    return [np.asarray(targets) for _, targets in dataset]


def batches(count):
    return tf.data.Dataset.from_tensors(BATCH).repeat(count)


def expected(seed, steps):
    return [np.asarray(cm.CutMix()(*BATCH, seed=(seed, step))[1]) for step in steps]


def test_calls_are_counted():
    mixer = cm.CutMix(seed=7)
    np.testing.assert_array_equal([mixer(*BATCH)[1] for _ in range(4)], expected(7, range(4)))
    np.testing.assert_array_equal(mixer(*BATCH, seed=(7, 1))[1], expected(7, [1])[0])  # which is not counted
    np.testing.assert_array_equal(mixer(*BATCH)[1], expected(7, [4])[0])


def test_a_dataset_draws_anew_in_each_batch_and_epoch_and_repeats_with_the_program():
    for _ in range(2):
        dataset = batches(3).map(cm.CutMix(seed=7))
        gc.collect()
        epochs = [*targets_of(dataset), *targets_of(dataset)]
        np.testing.assert_array_equal(epochs, expected(7, range(6)))
    np.testing.assert_array_equal(epochs, targets_of(cm.mix(batches(6), cm.CutMix(), seed=7)))


def test_parallel_calls_share_out_the_same_draws():
    count = 200
    drawn = {targets.tobytes() for targets in targets_of(batches(count).map(cm.CutMix(seed=7), num_parallel_calls=8))}
    in_order = targets_of(batches(count).map(cm.CutMix(seed=7)))
    assert drawn == {targets.tobytes() for targets in in_order}
    assert len(drawn) == count


@pytest.mark.parametrize("jit", [False, True])
def test_graphs_count_too(jit):
    mixer = cm.CutMix(seed=7)
    step = tf.function(lambda *parts: mixer(*parts), jit_compile=jit)
    np.testing.assert_array_equal([step(*BATCH)[1] for _ in range(3)], expected(7, range(3)))


def test_copies_count_from_zero():
    mixer = cm.CutMix(seed=7)
    mixer(*BATCH)
    for again in (copy.copy(mixer), copy.deepcopy(mixer), pickle.loads(pickle.dumps(mixer))):
        np.testing.assert_array_equal(again(*BATCH)[1], expected(7, [0])[0])
    np.testing.assert_array_equal(mixer(*BATCH)[1], expected(7, [1])[0])


def test_equal_mixers_count_apart():
    first, second = cm.CutMix(seed=7), cm.CutMix(seed=7)
    assert first == second
    for mixer in (first, second):
        np.testing.assert_array_equal(mixer(*BATCH)[1], expected(7, [0])[0])


def test_hidden_mixers_and_erasers_count_too():
    bound = cm.FeatureCutMix(taps=(0, 1), seed=7).bound_to(((4, 4), (2, 2)))
    plain = cm.FeatureCutMix(taps=(0, 1)).bound_to(((4, 4), (2, 2)))
    for step in range(3):
        np.testing.assert_array_equal(bound(*BATCH)[1], plain(*BATCH, seed=(7, step))[1])
    cutout = cm.Cutout(size=4, fill=99, seed=7)
    for step in range(3):
        np.testing.assert_array_equal(cutout(*BATCH)[0], cm.Cutout(size=4, fill=99)(*BATCH, seed=(7, step))[0])


def test_a_strategys_scope_does_not_matter():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        np.testing.assert_array_equal(targets_of(batches(2).map(cm.CutMix(seed=7))), expected(7, range(2)))


def test_mix_takes_no_second_seed():
    with pytest.raises(ValueError, match=r"write mix\(dataset, mixer, seed=7\)"):
        cm.mix(batches(1), cm.CutMix(seed=7))
    with pytest.raises(ValueError, match=r"seed=7"):
        cm.mix(batches(1), cm.FeatureCutMix(taps=(0,), seed=7).bound_to(((4, 4),)))


def test_a_run_takes_no_second_seed():
    with pytest.raises(ValueError, match=r"config's seed; got CutMix.*seed=7"):
        cm.training.TrainConfig(dataset="shapes", model="resnet20", epochs=1, mix=cm.CutMix(seed=7))
