"""Batches of one shape, and steps that XLA compiles whole: what accelerators that compile everything need."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.narrow_models import narrow
from helpers.small_runs import config, small_model, small_set
from helpers.started import started

import cutmix_tf as cm
from cutmix_tf import training
from cutmix_tf.models import MODELS, WithDropBlock, WithShakeDrop, WithStochasticDepth


def test_a_run_traces_its_steps_once(tmp_path):
    traced = {"train_step": 0, "test_step": 0}

    def counted(name, step):
        def count_and_step(batch):
            traced[name] += 1
            return step(batch)

        return tf.autograph.experimental.do_not_convert(count_and_step)

    model = small_model()
    for name in traced:
        setattr(model, name, counted(name, getattr(model, name)))
    training.train(config(tmp_path / "run", static_shapes=True), model=model, images=small_set())
    assert traced == {"train_step": 1, "test_step": 1}


STEPS = {
    "plain": ("resnet20", {}),
    "bfloat16": ("resnet20", {"precision": "mixed_bfloat16"}),
    "FeatureCutMix": ("resnet20", {"mix": cm.FeatureCutMix(taps=(0, 1, 2))}),
    "ManifoldMixUp": ("resnet20", {"mix": cm.ManifoldMixUp(taps=(0, 1, 2))}),
    "squeeze and excite": ("se_resnet50", {}),
    "DropBlock": ("resnet50", {"regularizer": WithDropBlock(block_size=3)}),
    "StochasticDepth": ("resnet20", {"regularizer": WithStochasticDepth()}),
    "ShakeDrop": ("pyramidnet110", {"regularizer": WithShakeDrop()}),
}
FAST = {"FeatureCutMix"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "what", [what if what in FAST else pytest.param(what, marks=pytest.mark.slow) for what in STEPS]
)
def test_xla_compiles_the_whole_step(tmp_path, monkeypatch, what):
    name, settings = STEPS[what]
    monkeypatch.setitem(MODELS, name, narrow(MODELS[name]))
    losses = []
    for jit_compile in (False, True):
        run = config(tmp_path / str(jit_compile), model=name, image_size=16, static_shapes=True, **settings)
        model, batches, _ = started(run, images=small_set())
        model.jit_compile = jit_compile
        losses.append(model.train_on_batch(*next(iter(batches)))[0])
    assert np.isfinite(losses).all()
    if "regularizer" not in settings:  # whose random draws differ under XLA
        np.testing.assert_allclose(*losses, rtol=0.02 if what == "bfloat16" else 1e-3)
