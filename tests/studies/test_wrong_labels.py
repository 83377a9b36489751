"""The labels of other libraries that study 1 measures: CutMix's images, with the box counted before it is clipped."""

import numpy as np
import tensorflow as tf
from wrong_labels import UnclippedCutMix

from cutmix_tf import CutMix


def test_images_are_cutmix_own_and_only_labels_of_clipped_boxes_differ():
    images = tf.random.stateless_uniform([256, 32, 32, 3], (0, 1), 0, 256, tf.int32)
    right, wrong = (mixer(images, tf.range(256), seed=(3, 5)) for mixer in (CutMix(), UnclippedCutMix()))
    np.testing.assert_array_equal(right[0], wrong[0])
    own, own_unclipped = right[1][:, 0, 1].numpy(), wrong[1][:, 0, 1].numpy()
    assert np.all(own_unclipped <= own)
    error = np.mean(own - own_unclipped)
    assert 0.14 < error < 0.18
    whole = own == own_unclipped
    assert 0.05 < whole.mean() < 0.4  # only small boxes, and those near the middle, are whole
