"""Manifold Mixup: its plan is MixUp's, on whole feature maps."""

import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, apply_plan
from cutmix_tf.models import mix_features


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_features_are_blended_like_images(dtype):
    features = tf.cast(tf.random.stateless_normal([6, 5, 7, 4], (0, 0)), dtype)
    plan = cm.ManifoldMixUp(alpha=2.0).plan(Canvas(*map(tf.constant, (6, 5, 7))), (1, 2))
    mixed = mix_features(features, {"box": plan.box, "partner": plan.partner, "own_share": plan.own_share})
    assert mixed.dtype == dtype
    np.testing.assert_allclose(mixed, apply_plan(plan, features), rtol=1e-6, atol=0 if dtype == "float32" else 2e-3)


def test_label_and_features_have_the_same_share():
    mixer = cm.ManifoldMixUp(prob=0.5, taps=(0, "block")).bound_to(((9, 9), (3, 2)))
    inputs, targets = mixer(tf.zeros([200, 9, 9, 3]), tf.range(200), seed=(1, 2))
    mixed = inputs["plan"]["box"].numpy().any(axis=1)
    assert abs(mixed.mean() - 0.5) < 0.15
    np.testing.assert_allclose(targets[:, 0, 1], np.where(mixed, inputs["plan"]["own_share"], 1), atol=1e-7)
