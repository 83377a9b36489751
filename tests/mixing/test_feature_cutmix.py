"""Feature CutMix: its plan is CutMix's, on the grid of the drawn tap."""

import numpy as np
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas, apply_plan
from cutmix_tf.models import mix_features


def test_features_are_pasted_like_images():
    features = tf.random.stateless_normal([6, 5, 7, 4], (0, 0))
    plan = cm.FeatureCutMix(alpha=0.5).plan(Canvas(*map(tf.constant, (6, 5, 7))), (1, 2))
    expected = cm.CutMix(alpha=0.5).plan(Canvas(*map(tf.constant, (6, 5, 7))), (1, 2))
    np.testing.assert_array_equal(plan.box, expected.box)
    mixed = mix_features(features, {"box": plan.box, "partner": plan.partner})
    np.testing.assert_array_equal(mixed, apply_plan(plan, features))


def test_the_label_is_shared_by_cells():
    """On a grid of 5 × 4 cells, weights are twentieths, and the box says which."""
    mixer = cm.FeatureCutMix(taps=(4,)).bound_to(((5, 4),))
    inputs, targets = mixer(tf.zeros([200, 9, 9, 3]), tf.range(200), seed=(1, 2))
    assert inputs["plan"].keys() == {"tap", "box", "partner"}
    top, left, bottom, right = inputs["plan"]["box"].numpy().T
    np.testing.assert_allclose(targets[:, 1, 1], (bottom - top) * (right - left) / 20, atol=1e-7)
    assert len(np.unique(targets[:, 1, 1])) > 2
