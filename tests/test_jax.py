"""The same pipeline trains with Keras' JAX backend, and networks agree on equal weights."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import cutmix_tf as cm

ROOT = Path(__file__).parents[1]
pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs jax: pip install jax"),
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares with TensorFlow"),
]

BUILD = """
import sys
import keras, numpy as np
import cutmix_tf as cm
def networks():
    residual = cm.models.WithDropBlock(block_size=3), cm.models.WithStochasticDepth(), cm.models.WithShakeDrop()
    for regularizer in (None, *residual):
        keras.utils.set_random_seed(0)
        yield cm.models.build("resnet20", num_classes=5, input_shape=(16, 16, 3), regularizer=regularizer)
images = np.random.default_rng(0).normal(size=(6, 16, 16, 3)).astype("float32")
targets = np.stack([np.stack([[k % 5, 0.75], [(k + 2) % 5, 0.25]]) for k in range(6)]).astype("float32")
box, partner = np.tile(np.int32([2, 3, 9, 8]), (6, 1)), np.int32([1, 2, 3, 4, 5, 0])
plan = {"tap": np.full(6, 1, np.int32), "box": box, "partner": partner}
"""

ON_JAX = (
    BUILD
    + """
assert keras.backend.backend() == "jax"
folder = sys.argv[1]
outputs = {}
for number, model in enumerate(networks()):
    model.load_weights(f"{folder}/{number}.weights.h5")
    outputs[f"logits{number}"] = np.asarray(model(images, training=False))
outputs["loss"] = np.asarray(cm.MixedCrossentropy(label_smoothing=0.1)(targets, outputs["logits0"]))
for metric in (cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=2)):
    metric.update_state(targets, outputs["logits0"])
    outputs[type(metric).__name__] = np.asarray(metric.result())
tapped = cm.TappedModel(next(networks()), (0, 1, 2))
tapped.base.load_weights(f"{folder}/0.weights.h5")
outputs["tapped"] = np.asarray(tapped({"images": images, "plan": plan}, training=False))
np.savez(f"{folder}/jax.npz", **outputs)

import tensorflow as tf
batches = tf.data.Dataset.from_tensor_slices((images, np.arange(6) % 5)).repeat(4).batch(8)
plain, *_, shaken = networks()
mixers = cm.CutMix(), tapped.bind(cm.FeatureCutMix(taps=(0, 1, 2))), cm.MixUp()
for model, mixer in zip((plain, tapped, shaken), mixers, strict=True):
    before = [np.array(weight) for weight in model.trainable_weights]
    model.compile("sgd", loss=cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()])
    history = model.fit(batches.map(mixer), verbose=0, shuffle=False)
    assert np.isfinite(history.history["loss"]).all()
    assert all(np.any(old != np.array(new)) for old, new in zip(before, model.trainable_weights, strict=True))
print("trained")
"""
)


ON_TWO_DEVICES = """
import sys
from pathlib import Path
import numpy as np, pytest
from helpers import small_runs as small
from helpers.started import started
import cutmix_tf as cm
from cutmix_tf.training import train, _callbacks
folder, patch = Path(sys.argv[1]), pytest.MonkeyPatch()
def run(name, **changes):
    settings = {"static_shapes": True, "checkpoint_minutes": 0.0, **changes}
    return {"config": small.config(folder / name, **settings), "model": small.small_model, "images": small.small_set()}
def same(one, two):
    for ours, theirs in zip(small.weights_of(folder / one), small.weights_of(folder / two), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
train(**run("one", mix=cm.CutMix(), strategy="default"))
train(**run("two", mix=cm.CutMix(), strategy="data_parallel:2"))
same("one", "two")

# pairs stay on their device, so there are others than on one
hidden = started(**run("hidden", mix=cm.FeatureCutMix(taps=(0, "conv")), strategy="data_parallel:2"))
partners = np.concatenate([inputs["plan"]["partner"] for inputs, _ in hidden.batches.take(9)])
assert partners.max() < 8

# killed inside an epoch
class Killed(BaseException):
    pass
counted = _callbacks.StepWatcher.on_train_batch_end
def die(self, batch, logs=None):
    counted(self, batch, logs)
    if self.progress.step == 4:
        raise Killed
with patch.context() as dying, pytest.raises(Killed):
    dying.setattr(_callbacks.StepWatcher, "on_train_batch_end", die)
    train(**run("killed", mix=cm.CutMix(), strategy="data_parallel:2"))
train(**run("killed", mix=cm.CutMix(), strategy="data_parallel:2"))
small.assert_same_bits(folder / "killed", folder / "two")

for strategy, error, message in [
    ("tpu", RuntimeError, "needs a TPU; JAX has none"),
    ("data_parallel:3", RuntimeError, "needs 3 devices; JAX has cpu:0, cpu:1"),
    ("mirrored:2", ValueError, "On Keras' jax backend, strategy must be one of"),
]:
    with pytest.raises(error, match=message):
        train(**run("refused", strategy=strategy))
with pytest.raises(ValueError, match="needs batches of one shape; set static_shapes=True"):
    train(**run("refused", strategy="data_parallel:2", static_shapes=False))
print("passed")
"""


@pytest.mark.slow
def test_two_devices_train_as_one_does_and_go_on_after_a_kill(tmp_path):
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-c", ON_TWO_DEVICES, str(tmp_path)]
    child = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert child.stdout.split()[-1:] == ["passed"], child.stderr[-3000:]


@pytest.mark.slow
def test_networks_loss_metrics_and_taps_agree_and_train(tmp_path):
    known = {}
    exec(BUILD, known)
    models = list(known["networks"]())
    for number, model in enumerate(models):
        model.save_weights(tmp_path / f"{number}.weights.h5")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    child = subprocess.run(
        [sys.executable, "-c", ON_JAX, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    assert child.stdout.split()[-1:] == ["trained"], child.stderr[-3000:]
    jax = np.load(tmp_path / "jax.npz")
    for number, model in enumerate(models):
        expected = model(known["images"], training=False)
        np.testing.assert_allclose(jax[f"logits{number}"], expected, rtol=1e-4, atol=1e-5)
    targets, logits = known["targets"], models[0](known["images"], training=False)
    np.testing.assert_allclose(jax["loss"], cm.MixedCrossentropy(label_smoothing=0.1)(targets, logits), rtol=1e-4)
    for metric in (cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=2)):
        metric.update_state(targets, logits)
        np.testing.assert_allclose(jax[type(metric).__name__], metric.result())
    tapped = cm.TappedModel(models[0], (0, 1, 2))
    expected = tapped({"images": known["images"], "plan": known["plan"]}, training=False)
    np.testing.assert_allclose(jax["tapped"], expected, rtol=1e-4, atol=1e-5)
