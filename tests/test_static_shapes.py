"""Batches of one shape, steps that XLA compiles whole: what accelerators that compile everything need."""

import numpy as np
import pytest
import tensorflow as tf
import test_training as small
from test_recipes import smaller
from test_training import small_set  # noqa: F401 - a fixture

import cutmix_tf as cm
from cutmix_tf import pipeline, training
from cutmix_tf.models import MODELS

MIXES = {
    "CutMix": cm.CutMix(),
    "OneOf": cm.OneOf([cm.CutMix(), cm.MixUp(), cm.Cutout(size=3)]),
    "FeatureCutMix": cm.FeatureCutMix(taps=(0, "conv")),
}


def config(folder, **changes):
    return small.config(folder, static_shapes=True, **changes)


@pytest.mark.parametrize("mix", MIXES)
def test_all_shapes_are_known_and_only_the_partial_batches_are_left_out(small_set, tmp_path, mix):  # noqa: F811
    static = training.Run(config(tmp_path / "static", mix=MIXES[mix]), model=small.small_model)
    free = training.Run(small.config(tmp_path / "free", mix=MIXES[mix]), model=small.small_model)
    assert (static.steps_per_epoch, free.steps_per_epoch) == (3, 4)  # 60 examples in batches of 16
    batches = static.train_batches()
    assert all(spec.shape.is_fully_defined() for spec in tf.nest.flatten(batches.element_spec))
    for one, other in zip(batches.take(3), free.train_batches(), strict=False):
        for ours, theirs in zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    resumed = next(iter(static.train_batches(4)))
    for ours, theirs in zip(tf.nest.flatten(resumed), tf.nest.flatten(list(batches.take(5))[4]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_filled_up_test_batches_measure_what_the_examples_do(small_set, tmp_path):  # noqa: F811
    run = training.Run(config(tmp_path / "run"), model=small.small_model)
    filled = pipeline.test_batches(small_set.test, run.preprocessing, batch_size=16, static_shapes=True)
    plain = pipeline.test_batches(small_set.test, run.preprocessing, batch_size=16)
    assert all(spec.shape.is_fully_defined() for spec in filled.element_spec)
    weights = np.concatenate([weights for _, _, weights in filled])
    assert (np.count_nonzero(weights), len(weights), weights.sum()) == (30, 32, 32)
    measured, expected = (run.model.evaluate(each, verbose=0) for each in (filled, plain))
    np.testing.assert_allclose(measured, expected, rtol=1e-5)


def test_a_run_traces_its_steps_once(small_set, tmp_path):  # noqa: F811
    run = training.Run(config(tmp_path / "run"), model=small.small_model)
    traced = {"train_step": 0, "test_step": 0}

    def counted(name, step):
        def count_and_step(batch):
            traced[name] += 1
            return step(batch)

        return tf.autograph.experimental.do_not_convert(count_and_step)

    for name in traced:
        setattr(run.model, name, counted(name, getattr(run.model, name)))
    run.fit()
    assert traced == {"train_step": 1, "test_step": 1}


SLOW = pytest.mark.slow
STEPS = {
    "plain": ("resnet20", {}),
    "bfloat16": ("resnet20", {"precision": "mixed_bfloat16"}),
    "FeatureCutMix": ("resnet20", {"mix": cm.FeatureCutMix(taps=(0, 1, 2))}),
    "ManifoldMixUp": ("resnet20", {"mix": cm.ManifoldMixUp(taps=(0, 1, 2))}),
    "squeeze and excite": ("se_resnet50", {}),
    "DropBlock": ("resnet50", {"regularizer": cm.models.WithDropBlock(block_size=3)}),
    "StochasticDepth": ("resnet20", {"regularizer": cm.models.WithStochasticDepth()}),
    "ShakeDrop": ("pyramidnet110", {"regularizer": cm.models.WithShakeDrop()}),
}
FAST = {"FeatureCutMix"}


@pytest.mark.parametrize("what", [what if what in FAST else pytest.param(what, marks=SLOW) for what in STEPS])
def test_xla_compiles_the_whole_step(small_set, tmp_path, monkeypatch, what):  # noqa: F811
    name, settings = STEPS[what]
    monkeypatch.setitem(MODELS, name, smaller(MODELS[name]))
    losses = []
    for jit_compile in (False, True):
        folder = tmp_path / str(jit_compile)
        run = training.Run(config(folder, model=name, image_size=16, **settings))
        run.model.jit_compile = jit_compile
        losses.append(run.model.train_on_batch(*next(iter(run.train_batches())))[0])
    assert np.isfinite(losses).all()
    if "regularizer" not in settings:  # whose chance Keras draws otherwise under XLA
        np.testing.assert_allclose(*losses, rtol=0.02 if what == "bfloat16" else 1e-3)


def test_devices_that_need_static_shapes_say_so(small_set, tmp_path):  # noqa: F811
    with pytest.raises(ValueError, match="shared evenly by 2 devices; got batch_size=15"):
        training.Run(config(tmp_path / "run", strategy="mirrored:2", batch_size=15), model=small.small_model)
    with pytest.raises(ValueError, match="need a whole batch of 64; there are 60 examples"):
        training.Run(config(tmp_path / "run", batch_size=64), model=small.small_model)
    with pytest.raises(RuntimeError, match="strategy 'tpu' needs a TPU; 'local' gave none"):
        training.Run(config(tmp_path / "run", strategy="tpu"), model=small.small_model)
