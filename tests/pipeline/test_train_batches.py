"""Training batches as a function of (split, preprocessing, seed, step)."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import slow_after
from helpers.tiny_sets import EncodedSplit

import cutmix_tf as cm
from cutmix_tf import _xla, datasets, pipeline
from cutmix_tf.pipeline._resize import resized_center_crops

COUNT, SIZE = 23, (8, 10)
PLAIN = {"image_size": SIZE, "mean": (0, 0, 0), "std": (1, 1, 1)}  # so that batches are the pixels themselves


def array_split(count=COUNT, size=SIZE):
    """Random images, the number of each as its label."""
    images = np.random.default_rng(0).integers(0, 256, (count, *size, 3), dtype=np.uint8)
    return datasets.ArraySplit(images, np.arange(count, dtype=np.int32))


def stream_split(count=COUNT, size=SIZE):
    """The same images as PNG files."""
    return EncodedSplit(array_split(count, size))


SPLITS = pytest.mark.parametrize("make_split", [array_split, stream_split], ids=["array", "stream"])


def train(split, augment="crop_flip", *, steps, batch_size=6, seed=1, **options):
    preprocessing = pipeline.Preprocessing(**PLAIN, augment=augment)
    dataset = pipeline.train_batches(split, preprocessing, batch_size=batch_size, seed=seed, **options)
    return [(np.asarray(images), np.asarray(labels)) for images, labels in dataset.take(steps)]


def assert_same(batches, others):
    assert len(batches) == len(others) > 0
    for batch, other in zip(batches, others, strict=True):
        for part, other_part in zip(batch, other, strict=True):
            np.testing.assert_array_equal(part, other_part)


def differ(batches, others):
    return any(a.shape != b.shape or np.any(a != b) for (a, _), (b, _) in zip(batches, others, strict=True))


# ---- order ----


@SPLITS
def test_each_epoch_has_each_example_once_and_its_own_order(make_split):
    split = make_split()
    batches = train(split, "none", steps=12)
    assert [len(labels) for _, labels in batches] == [6, 6, 6, 5] * 3
    orders = [np.concatenate([labels for _, labels in batches[i : i + 4]]) for i in (0, 4, 8)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(COUNT))
    assert len({tuple(order) for order in orders}) == 3
    for images, labels in batches:  # each label stays with its image
        np.testing.assert_array_equal(images, array_split().images[labels])


def test_orders_are_evenly_random():
    split = datasets.ArraySplit(np.zeros((6, 1, 1, 3), np.uint8), np.arange(6, dtype=np.int32))
    preprocessing = pipeline.Preprocessing((1, 1), (0, 0, 0), (1, 1, 1))
    epochs = pipeline.train_batches(split, preprocessing, batch_size=6, seed=3).take(1000)
    orders = np.array([labels for _, labels in epochs.as_numpy_iterator()])
    for place in range(6):
        np.testing.assert_allclose(np.bincount(orders[:, place]) / 1000, 1 / 6, atol=0.04)
    follows = (orders[:, :-1] + 1 == orders[:, 1:]).mean()
    assert abs(follows - 1 / 6) < 0.02


@SPLITS
def test_seeds_differ_in_order_and_in_crops(make_split):
    split = make_split()
    first, other = train(split, steps=4, seed=1), train(split, steps=4, seed=2)
    assert differ(first, other)
    assert any(np.any(a != b) for (_, a), (_, b) in zip(first, other, strict=True))


# ---- one function of (seed, step) ----


@pytest.mark.parametrize(
    ("make_split", "augment"),
    [(array_split, "crop_flip"), pytest.param(stream_split, "imagenet", marks=pytest.mark.slow)],
)
def test_equal_arguments_and_a_later_start_give_equal_bits(make_split, augment):
    whole = train(make_split(), augment, steps=9)
    tf.random.set_seed(99)
    for first_step in (0, 4, 6):  # and at the end of an epoch, and inside one
        later = train(make_split(), augment, steps=3, first_step=first_step)
        assert_same(later, whole[first_step : first_step + 3])


@pytest.mark.slow
def test_xla_changes_nothing(monkeypatch):
    split, batches = array_split(), train(array_split(), steps=8)
    monkeypatch.setattr(_xla, "available", lambda: True)
    assert_same(train(split, steps=8), batches)


@SPLITS
def test_threads_change_nothing(make_split):
    split, preprocessing = make_split(), pipeline.Preprocessing(**PLAIN, augment="crop_flip")
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    dataset = pipeline.train_batches(split, preprocessing, batch_size=6, seed=1).with_options(options)
    assert_same(list(dataset.take(8).as_numpy_iterator()), train(split, steps=8))


# ---- augmentation ----


def test_crop_flip_moves_pixels_and_flip_only_mirrors():
    split = array_split()
    for images, labels in train(split, "flip", steps=4):
        mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(images, split.images[labels], strict=True)]
        kept = [np.array_equal(a, b) for a, b in zip(images, split.images[labels], strict=True)]
        assert np.all(np.add(mirrored, kept) == 1)
    moved = train(split, "crop_flip", steps=50)
    share = np.mean([np.any(image == 0, axis=-1).mean() for images, _ in moved for image in images])
    # A crop begins at -4 to 4, so it keeps a share of 1 - (20 / 9) / side on average; a pixel is black by chance too.
    black = 1 - (1 - 20 / 9 / SIZE[0]) * (1 - 20 / 9 / SIZE[1])
    assert abs(share - black) < 0.04


def test_imagenet_crops_are_colored_and_not_clipped():
    images = np.concatenate([images for images, _ in train(array_split(), "imagenet", steps=4)])
    assert images.shape == (COUNT, *SIZE, 3)
    assert images.min() < 0
    assert images.max() > 255


@pytest.mark.slow
@SPLITS
def test_images_of_other_sizes_are_resized(make_split):
    split = make_split(size=(20, 30))
    for augment in ("none", "imagenet"):
        preprocessing = pipeline.Preprocessing(**PLAIN, augment=augment)
        dataset = pipeline.train_batches(split, preprocessing, batch_size=6, seed=1)
        images, labels = next(iter(dataset))
        assert images.shape == dataset.element_spec[0].shape.merge_with([6, None, None, None]) == (6, *SIZE, 3)
        if augment == "none":
            sources = array_split(size=(20, 30)).images[labels.numpy()]
            np.testing.assert_array_equal(images, resized_center_crops(sources, SIZE, SIZE))


def test_the_end_is_normalized():
    split, mean, std = array_split(), (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)
    preprocessing = pipeline.Preprocessing(SIZE, mean, std)
    for images, labels in pipeline.train_batches(split, preprocessing, batch_size=6, seed=1).take(4):
        assert images.dtype == tf.float32
        np.testing.assert_allclose(images, (split.images[labels] - mean) / np.array(std), atol=2e-6)


# ---- mixing ----


def show_arguments(images, labels, seed):
    """A mixer that turns the batch around and returns all that it was given."""
    return images[::-1], {"images": images, "labels": labels, "seed": seed}


def test_mix_gets_augmented_pixels_and_a_fresh_seed_each_step():
    plain = train(array_split(), steps=6)
    preprocessing = pipeline.Preprocessing(**PLAIN, augment="crop_flip")
    options = {"batch_size": 6, "seed": 1, "mix": show_arguments}
    mixed = list(pipeline.train_batches(array_split(), preprocessing, **options).take(6))
    for (images, labels), (mixed_images, targets) in zip(plain, mixed, strict=True):
        assert targets["images"].dtype == tf.uint8
        assert targets["labels"].dtype == tf.int32
        assert_same([(images, labels)], [(targets["images"], targets["labels"])])
        np.testing.assert_array_equal(mixed_images, images[::-1])
    assert len({tuple(targets["seed"].numpy()) for _, targets in mixed}) == 6
    later = pipeline.train_batches(array_split(), preprocessing, **options, first_step=5)
    np.testing.assert_array_equal(next(iter(later))[1]["seed"], mixed[5][1]["seed"])


def show_strength(images, labels, seed, strength):
    """A mixer that returns its strength for each example."""
    return images, tf.fill(tf.shape(labels), strength)


def test_the_strength_is_that_of_the_step():
    def strength(step):
        return tf.cast(step, tf.float32) / 100

    for first_step in (0, 5):
        batches = train(array_split(), steps=6, mix=show_strength, strength=strength, first_step=first_step)
        steps = [np.unique(strengths) for _, strengths in batches]
        np.testing.assert_allclose(steps, (first_step + np.arange(6))[:, None] / 100, rtol=1e-6)


# ---- static shapes ----

MIXES = {
    "CutMix": cm.CutMix(),
    "OneOf": cm.OneOf([cm.CutMix(), cm.MixUp(), cm.Cutout(size=3)]),
}


STATIC = [(array_split, "OneOf"), (stream_split, "CutMix")]


@pytest.mark.parametrize(("make_split", "mix"), slow_after(1, STATIC))
def test_static_shapes_leave_out_only_the_partial_batches(make_split, mix):
    split, preprocessing = make_split(), pipeline.Preprocessing(**PLAIN, augment="flip")
    options = {"batch_size": 6, "seed": 1, "mix": MIXES[mix]}
    static = pipeline.train_batches(split, preprocessing, **options, static_shapes=True)
    assert all(spec.shape.is_fully_defined() for spec in tf.nest.flatten(static.element_spec))
    free = pipeline.train_batches(split, preprocessing, **options)
    batches = list(static.take(5).as_numpy_iterator())  # three an epoch
    assert_same(batches[:3], list(free.take(3).as_numpy_iterator()))
    later = pipeline.train_batches(split, preprocessing, **options, static_shapes=True, first_step=4)
    assert_same(batches[4:], list(later.take(1).as_numpy_iterator()))


def test_static_shapes_reach_plans():
    def inside(images, labels, seed):
        return {"images": images, "plan": {"partner": labels}}, tf.stack([labels, labels], axis=1)

    preprocessing, options = pipeline.Preprocessing(**PLAIN), {"batch_size": 6, "seed": 1, "mix": inside}
    static = pipeline.train_batches(array_split(), preprocessing, **options, static_shapes=True)
    inputs, targets = static.element_spec
    assert inputs["images"].shape == (6, *SIZE, 3)
    assert inputs["plan"]["partner"].shape == (6,)
    assert targets.shape == (6, 2)


def test_shapes_are_known():
    for split in (array_split(), stream_split()):
        dataset = pipeline.train_batches(split, pipeline.Preprocessing(**PLAIN), batch_size=6, seed=1)
        assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY
        assert dataset.element_spec[0].shape.as_list() == [None, *SIZE, 3]
        assert dataset.element_spec[1].shape.as_list() == [None]
        assert dataset.element_spec[1].dtype == tf.int32


# ---- in Keras and under a strategy ----


def test_replicas_get_halves_of_the_global_batch():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    preprocessing = pipeline.Preprocessing(**PLAIN, augment="crop_flip")
    dataset = pipeline.train_batches(array_split(), preprocessing, batch_size=6, seed=1)
    replicas = iter(strategy.experimental_distribute_dataset(dataset))
    for images, labels in train(array_split(), steps=4, batch_size=6):  # 6, 6, 6 and 5
        parts = [strategy.experimental_local_results(part) for part in next(replicas)]
        assert [len(part) for part in parts[1]] == [3, len(labels) - 3]
        assert_same([(np.concatenate(parts[0]), np.concatenate(parts[1]))], [(images, labels)])


@pytest.mark.slow
def test_fit_trains_and_validates_on_two_replicas():
    split, preprocessing = array_split(), pipeline.Preprocessing(**PLAIN)
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        layers = [keras.layers.Rescaling(1 / 127.5, -1), keras.layers.Flatten(), keras.layers.Dense(COUNT)]
        model = keras.Sequential([keras.Input((*SIZE, 3)), *layers])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(
        pipeline.train_batches(split, preprocessing, batch_size=6, seed=1),
        validation_data=pipeline.eval_batches(split, preprocessing, batch_size=6),
        steps_per_epoch=split.steps_per_epoch(6),
        epochs=6,
        shuffle=False,
        verbose=0,
    )
    assert history.history["val_accuracy"][-1] > 0.9


# ---- what is refused ----


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"augment": "crop_flop"}, r"augment must be one of .*; got 'crop_flop'. Did you mean 'crop_flip'\?"),
        ({"auto_augment": "cifar"}, r"auto_augment must be one of .*; got 'cifar'. Did you mean 'cifar10'\?"),
        ({"padding": -1}, "padding must be at least 0; got -1"),
        ({"image_size": (32,)}, r"image_size must be a tuple of 2 numbers; got \(32,\)"),
        ({"image_size": (0, 32)}, "image_size must be at least 1; got 0"),
        ({"mean": (0.5,)}, r"mean must be a tuple of 3 numbers; got \(0.5,\)"),
        ({"std": (1, 0, 1)}, "std must be above 0; got 0"),
    ],
)
def test_wrong_preprocessing_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        pipeline.Preprocessing(**{**PLAIN, **change})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1; got 0"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be a whole number; got 2.0"),
        ({"batch_size": 24, "static_shapes": True}, ValueError, "whole batch of 24; there are 23 examples"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"seed": 2**31}, ValueError, "seed must be at least 0 and at most"),
        ({"first_step": -1}, ValueError, "first_step must be at least 0; got -1"),
        ({"attend": lambda images: images[..., 0]}, ValueError, "Attention maps are for mixing; got maps and mix=None"),
    ],
)
def test_wrong_arguments_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        pipeline.train_batches(array_split(), pipeline.Preprocessing(**PLAIN), **{"batch_size": 6, "seed": 1, **change})
