"""Loads weights, saves what JAX computes of the models, and trains them: python compute_on_jax.py FOLDER."""

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from helpers.both_backends import TAPS, a_batch, all_models, outputs_of

import cutmix_tf as cm


def train(model, mixer):
    """Three batches; every trainable weight must move."""
    images, _, _ = a_batch()
    batches = tf.data.Dataset.from_tensor_slices((images, np.arange(6) % 5)).repeat(4).batch(8)
    before = [np.array(weight) for weight in model.trainable_weights]
    model.compile("sgd", loss=cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()])
    model.fit(batches.map(mixer), verbose=0, shuffle=False)
    assert all(np.any(old != np.array(new)) for old, new in zip(before, model.trainable_weights, strict=True))


assert keras.backend.backend() == "jax"
folder = Path(sys.argv[1])
models = list(all_models())
for number, model in enumerate(models):
    model.load_weights(folder / f"{number}.weights.h5")
np.savez(folder / "jax.npz", **outputs_of(models))
train(models[0], cm.CutMix())
train(models[-1], cm.MixUp())
tapped = cm.TappedModel(next(all_models()), TAPS)
train(tapped, tapped.bind(cm.FeatureCutMix(taps=TAPS)))
