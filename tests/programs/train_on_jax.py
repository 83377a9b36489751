"""Small runs on one and on two of JAX's devices, one of them killed and resumed: python train_on_jax.py FOLDER."""

import functools
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.small_runs import config, small_model, small_set, train
from helpers.started import started
from helpers.stopped_runs import Killed, at_step, kill

import cutmix_tf as cm

folder = Path(sys.argv[1])
run = functools.partial(train, static_shapes=True, checkpoint_minutes=0.0)
run(folder / "one", strategy="default")
run(folder / "two", strategy="data_parallel:2")

with at_step(4, kill), pytest.raises(Killed):
    run(folder / "killed", strategy="data_parallel:2")
run(folder / "killed", strategy="data_parallel:2")

hidden = config(
    folder / "hidden", static_shapes=True, strategy="data_parallel:2", mix=cm.FeatureCutMix(taps=(0, "conv"))
)
batches = started(hidden, model=small_model, images=small_set()).batches
np.save(folder / "partners.npy", np.concatenate([inputs["plan"]["partner"] for inputs, _ in batches.take(9)]))

REFUSED = [
    ("tpu", True, RuntimeError, "needs a TPU; JAX has none"),
    ("data_parallel:3", True, RuntimeError, "needs 3 devices; JAX has cpu:0, cpu:1"),
    ("mirrored:2", True, ValueError, "On Keras' jax backend, strategy must be one of"),
    ("data_parallel:2", False, ValueError, "needs batches of one shape; set static_shapes=True"),
]
for strategy, static_shapes, error, message in REFUSED:
    with pytest.raises(error, match=message):
        run(folder / "refused", strategy=strategy, static_shapes=static_shapes)
