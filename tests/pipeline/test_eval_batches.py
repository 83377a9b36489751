"""Batches of each example once, in the order of storage."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.tiny_sets import EncodedSplit

from cutmix_tf import datasets, pipeline
from cutmix_tf.pipeline._resize import resized_center_crops

COUNT, SIZE = 23, (8, 10)
MEAN, STD = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)
PLAIN = pipeline.Preprocessing(SIZE, (0, 0, 0), (1, 1, 1), augment="crop_flip")


def array_split(size=SIZE):
    """Random images, the number of each as its label."""
    images = np.random.default_rng(0).integers(0, 256, (COUNT, *size, 3), dtype=np.uint8)
    return datasets.ArraySplit(images, np.arange(COUNT, dtype=np.int32))


def stream_split(size=SIZE):
    """The same images as PNG files."""
    return EncodedSplit(array_split(size))


SPLITS = pytest.mark.parametrize("make_split", [array_split, stream_split], ids=["array", "stream"])


def joined(dataset):
    return [np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True)]


@SPLITS
def test_each_example_comes_once_in_order(make_split):
    split = make_split()
    dataset = pipeline.eval_batches(split, PLAIN, batch_size=6)
    assert dataset.cardinality() == split.steps_per_epoch(6) == 4
    assert dataset.element_spec[0].shape.as_list() == [None, *SIZE, 3]
    images, labels = joined(dataset)
    np.testing.assert_array_equal(labels, np.arange(COUNT))
    np.testing.assert_array_equal(images, array_split().images)


@SPLITS
@pytest.mark.parametrize(("augment", "resize_to"), [("none", SIZE), ("imagenet", (9, 11))])
def test_images_of_other_sizes_are_resized_and_cropped(make_split, augment, resize_to):
    preprocessing = pipeline.Preprocessing(SIZE, (0, 0, 0), (1, 1, 1), augment)
    images, _ = joined(pipeline.eval_batches(make_split(size=(20, 30)), preprocessing, batch_size=6))
    np.testing.assert_array_equal(images, resized_center_crops(array_split((20, 30)).images, SIZE, resize_to))


def test_the_end_is_normalized():
    split = array_split()
    images, _ = joined(pipeline.eval_batches(split, pipeline.Preprocessing(SIZE, MEAN, STD), batch_size=6))
    np.testing.assert_allclose(images, (split.images - np.array(MEAN)) / STD, atol=2e-6)


def test_attention_maps_are_ignored():
    with_maps = array_split().with_attention(np.zeros((COUNT, 2, 2), np.uint8))
    images, _ = joined(pipeline.eval_batches(with_maps, PLAIN, batch_size=6))
    np.testing.assert_array_equal(images, with_maps.images)


def test_padded_batches_measure_what_the_examples_do():
    split, preprocessing = array_split(), pipeline.Preprocessing(SIZE, MEAN, STD)
    padded = pipeline.eval_batches(split, preprocessing, batch_size=6, static_shapes=True)
    assert all(spec.shape.is_fully_defined() for spec in padded.element_spec)
    images, labels, weights = joined(padded)
    assert not images[COUNT:].any()
    assert not labels[COUNT:].any()
    np.testing.assert_allclose(weights, [24 / 23] * 23 + [0])
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((*SIZE, 3)), keras.layers.Flatten(), keras.layers.Dense(COUNT)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, weighted_metrics=["accuracy"])
    plain = pipeline.eval_batches(split, preprocessing, batch_size=6)
    measured, expected = (model.evaluate(batches, verbose=0) for batches in (padded, plain))
    np.testing.assert_allclose(measured, expected, rtol=1e-5)


def test_whole_images_keep_their_size_in_memory_and_are_squeezed_from_disk():
    split = array_split((20, 30))
    batches = list(pipeline.uncropped_batches(split, (8, 8), batch_size=6))
    assert [len(images) for images in batches] == [6, 6, 6, 5]
    np.testing.assert_array_equal(np.concatenate(batches), split.images)
    squeezed = np.concatenate(list(pipeline.uncropped_batches(EncodedSplit(split), (8, 8), batch_size=6)))
    expected = tf.image.resize(split.images, (8, 8), antialias=True)
    np.testing.assert_array_equal(squeezed, np.rint(expected).astype(np.uint8))


def test_wrong_batch_sizes_are_refused():
    with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
        pipeline.eval_batches(array_split(), PLAIN, batch_size=0)
