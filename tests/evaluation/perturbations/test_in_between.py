"""Images between two classes, and the pairs that they are made of."""

import numpy as np
import pytest

from cutmix_tf.evaluation.metrics import top_k_error, two_class_scores
from cutmix_tf.evaluation.perturbations import in_between, sample_pairs
from cutmix_tf.evaluation.perturbations._in_between import in_between_curve


def test_images_in_between_by_hand():
    images, others = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 200, np.uint8)
    np.testing.assert_allclose(in_between(images, others, 0.25, "mixup"), 50)
    pasted = in_between(images, others, 0.5, "cutmix")[0, :, :, 0]
    np.testing.assert_array_equal(pasted, np.pad(np.full((2, 2), 200), 1))
    for kind in ("mixup", "cutmix"):
        np.testing.assert_array_equal(in_between(images, others, 0, kind), images)
        np.testing.assert_array_equal(in_between(images, others, 1, kind), others)


def test_pairs_are_of_two_classes_and_use_each_example_equally_often():
    labels = np.random.default_rng(0).integers(3, size=100)
    firsts, seconds = sample_pairs(labels, 250, seed=1)
    assert (labels[firsts] != labels[seconds]).all()
    assert set(np.bincount(firsts)) == {2, 3}
    np.testing.assert_array_equal(sample_pairs(labels, 250, seed=1), (firsts, seconds))
    assert (sample_pairs(labels, 250, seed=2)[1] != seconds).any()
    with pytest.raises(ValueError, match="need examples of two classes"):
        sample_pairs(np.zeros(5, int))


def test_the_curve_starts_and_ends_at_single_images(model, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    pairs = sample_pairs(labels)
    curve = in_between_curve(model, images, labels, pairs, "mixup", shares=(0, 0.5, 1))
    for point, side in ((curve[0], 0), (curve[-1], 1)):
        logits = model.logits(images[pairs[side]])
        assert point == two_class_scores(logits, labels[pairs[0]], labels[pairs[1]])
        assert point.either >= 100 - top_k_error(logits, labels[pairs[side]])
