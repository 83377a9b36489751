"""`sample_weight` and class weights beside mixing, checked against sums written out by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.everyday import CLASSES, arrays, small_model

import cutmix_tf as cm


def crossentropies(model, images):
    """−log p of every class: (batch, classes)."""
    return -np.asarray(keras.ops.log_softmax(model.predict(images, verbose=0)))


def test_sample_weights_follow_both_images_of_a_mix():
    images, labels = arrays(16)
    weight = np.linspace(0.5, 2, 16).astype("float32")
    dataset = tf.data.Dataset.from_tensor_slices((images, labels, weight)).batch(16)
    mixed, targets, mixed_weight = next(iter(cm.mix(dataset, cm.CutMix(), seed=3)))
    model = small_model()
    model.compile("sgd", cm.MixedCrossentropy())
    loss = model.evaluate(mixed, targets, sample_weight=mixed_weight, batch_size=16, verbose=0)
    a, b, share = (np.asarray(part) for part in cm.targets.split(targets))
    ce, rows = crossentropies(model, mixed), np.arange(16)
    expected = share * ce[rows, a] + (1 - share) * ce[rows, b]
    by_pair = np.asarray(mixed_weight)
    assert loss == pytest.approx((expected * by_pair).sum() / 16, rel=1e-4)
    assert by_pair.sum() > 0


def test_class_weights_of_the_loss_weigh_each_label_by_its_own_class():
    images, labels = arrays(16)
    weights = {0: 3.0, 2: 0.5}
    mixed, targets = cm.CutMix()(images, labels, seed=(0, 1))
    model = small_model()
    model.compile("sgd", cm.MixedCrossentropy(class_weight=weights))
    loss = model.evaluate(mixed, targets, batch_size=16, verbose=0)
    table = np.array([weights.get(each, 1.0) for each in range(CLASSES)])
    a, b, share = (np.asarray(part) for part in cm.targets.split(targets))
    ce, rows = crossentropies(model, mixed), np.arange(16)
    expected = share * table[a] * ce[rows, a] + (1 - share) * table[b] * ce[rows, b]
    assert loss == pytest.approx(expected.mean(), rel=1e-4)


def test_class_weight_of_fit_is_refused_with_the_right_way():
    model = small_model()
    model.compile("sgd", cm.MixedCrossentropy())
    train = tf.data.Dataset.from_tensor_slices(arrays()).batch(16).map(cm.CutMix())
    with pytest.raises(Exception, match=r"MixedCrossentropy\(class_weight="):
        model.fit(train, class_weight={0: 2.0, 1: 1.0, 2: 1.0, 3: 1.0}, shuffle=False, verbose=0)
