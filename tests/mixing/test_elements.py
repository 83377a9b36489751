"""Every form of element that is mixed, and every form that is refused."""

import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm

IMAGES = tf.cast(tf.reshape(tf.range(6), [6, 1, 1, 1]) * tf.ones([6, 8, 10, 3], tf.int32), tf.uint8)
IDS = tf.constant([5, 3, 9, 1, 0, 2])
SEED = (1, 4)


def test_tuples_and_dicts_are_mixed_alike():
    images, targets = cm.CutMix()(IMAGES, IDS, seed=SEED)
    element = cm.CutMix()({"labels": IDS, "images": IMAGES}, seed=SEED)
    assert element.keys() == {"images", "labels"}
    np.testing.assert_array_equal(element["images"], images)
    np.testing.assert_array_equal(element["labels"], targets)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_ids_of_any_integer_dtype_and_as_a_column(dtype):
    expected = cm.CutMix()(IMAGES, IDS, seed=SEED)[1]
    for labels in (tf.cast(IDS, dtype), tf.cast(IDS[:, None], dtype)):
        np.testing.assert_array_equal(cm.CutMix()(IMAGES, labels, seed=SEED)[1], expected)


def test_soft_labels_are_mixed_like_pairs():
    pairs = cm.CutMix()(IMAGES, IDS, seed=SEED)[1]
    soft = cm.CutMix()(IMAGES, tf.one_hot(IDS, 10), seed=SEED)[1]
    np.testing.assert_allclose(soft, cm.targets.to_soft(pairs, 10), rtol=0, atol=1e-7)


def test_multi_hot_labels_are_mixed_linearly():
    labels = tf.constant(np.eye(6, 4, dtype=np.float32) + np.eye(6, 4, 1, dtype=np.float32))
    mixed = cm.CutMix()(IMAGES, labels, seed=SEED)[1]
    ids, partners, own = cm.targets.split(cm.CutMix()(IMAGES, tf.range(6), seed=SEED)[1])
    own = np.asarray(own)[:, None]
    expected = own * labels.numpy()[np.asarray(ids)] + (1 - own) * labels.numpy()[np.asarray(partners)]
    np.testing.assert_allclose(mixed, expected, atol=1e-7)


@pytest.mark.parametrize("labels", [IDS, tf.one_hot(IDS, 10)], ids=["ids", "soft"])
def test_sample_weights_weigh_each_term_of_the_loss(labels):
    weights = tf.constant([0.5, 2.0, 0.0, 1.0, 3.0, 0.25])
    logits = tf.random.stateless_normal([6, 10], (0, 0))
    _, targets, mixed = cm.CutMix()(IMAGES, labels, weights, seed=SEED)
    loss = cm.MixedCrossentropy(reduction="none")(targets, logits, mixed)

    a, b, own = (np.asarray(part) for part in cm.targets.split(cm.CutMix()(IMAGES, IDS, seed=SEED)[1]))
    terms = -np.asarray(tf.nn.log_softmax(logits))
    index = {int(label): place for place, label in enumerate(IDS.numpy())}
    weight_b = np.array([weights[index[label]] for label in b])
    rows = np.arange(6)
    expected = own * weights.numpy() * terms[rows, a] + (1 - own) * weight_b * terms[rows, b]
    np.testing.assert_allclose(loss, expected, rtol=2e-6)


def test_two_weightless_examples_weigh_nothing():
    _, targets, weights = cm.CutMix()(IMAGES, IDS, tf.zeros(6), seed=SEED)
    np.testing.assert_array_equal(weights, np.zeros(6))
    assert np.isfinite(targets).all()


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "bool"])
@pytest.mark.parametrize("channels", [None, 1, 2])
def test_segmentation_masks_follow_their_images(dtype, channels):
    masks = tf.cast(IMAGES[..., 0] if channels is None else IMAGES[..., :channels], dtype)
    mixed = cm.CutMix()({"images": IMAGES, "labels": IDS, "segmentation_masks": masks}, seed=SEED)
    images = mixed["images"][..., 0] if channels is None else mixed["images"][..., :channels]
    assert mixed["segmentation_masks"].dtype == masks.dtype
    np.testing.assert_array_equal(mixed["segmentation_masks"], tf.cast(images, dtype))


def test_erasing_keeps_labels_weights_and_masks():
    element = {
        "images": IMAGES,
        "labels": IDS,
        "segmentation_masks": IMAGES[..., 0],
        "sample_weights": tf.linspace(0.0, 1.0, 6),
    }
    erased = cm.Cutout(size=4, fill=99)(element, seed=SEED)
    for key in ("labels", "segmentation_masks", "sample_weights"):
        np.testing.assert_array_equal(erased[key], element[key])
    share = np.mean(erased["images"] == 99)
    assert 0 < share <= 16 / 80


def element(**changes):
    return {"images": IMAGES, "labels": IDS, **changes}


REFUSED = {
    "unbatched": ((IMAGES[0], IDS[0]), ValueError, "Batch the dataset first"),
    "images of rank 6": ((IMAGES[None, None], IDS), ValueError, "needs images"),
    "videos of another number": ((IMAGES[None], IDS), ValueError, "same batch size"),
    "strings for images": ((tf.constant([[[["a"]]]]), IDS), TypeError, "integer or floating"),
    "labels as floats of rank 1": ((IMAGES, tf.cast(IDS, tf.float32)), ValueError, "cast them to int32"),
    "fractional ids": ((IMAGES, tf.constant([0.5] * 6)), ValueError, "cast them to int32"),
    "a column of floats": ((IMAGES, tf.ones([6, 1])), ValueError, "cast them to int32"),
    "integer one-hot": ((IMAGES, tf.one_hot(IDS, 10, dtype=tf.int32)), ValueError, "cast them to float32"),
    "labels of strings": ((IMAGES, tf.constant(["cat"] * 6)), TypeError, "Cast them"),
    "targets that are mixed already": ((IMAGES, tf.zeros([6, 2, 2])), ValueError, "mixed already"),
    "other batch size": ((IMAGES, IDS[:5]), ValueError, "same batch size"),
    "other number of weights": ((IMAGES, IDS, tf.ones(5)), ValueError, "same batch size"),
    "integer weights": ((IMAGES, IDS, tf.ones(6, tf.int32)), ValueError, "must be floats"),
    "no labels": ((IMAGES,), ValueError, "got images only"),
    "weights without labels": ((IMAGES, None, tf.ones(6)), TypeError, "without labels"),
    "bounding boxes": ((element(bounding_boxes=IDS),), ValueError, "bounding_boxes must be"),
    "a misspelt key": ((element(sample_weight=tf.ones(6)),), ValueError, "Did you mean 'sample_weights'"),
    "a dict without images": (({"labels": IDS},), ValueError, "'images'"),
    "a dict and labels": ((element(), IDS), TypeError, "either a dict"),
    "masks of another size": ((element(segmentation_masks=IMAGES[:, :4]),), ValueError, "Resize them first"),
    "flat masks": ((element(segmentation_masks=IDS),), ValueError, "segmentation_masks must be"),
}


@pytest.mark.parametrize(("parts", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_when_called(parts, error, message):
    with pytest.raises(error, match=message):
        cm.CutMix()(*parts, seed=SEED)


@pytest.mark.parametrize(("parts", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_before_a_dataset_runs(parts, error, message):
    try:
        dataset = tf.data.Dataset.from_tensors(parts if len(parts) > 1 else parts[0])
    except (TypeError, ValueError):
        pytest.skip("no dataset has such elements")
    with pytest.raises(error, match=message):
        dataset.map(cm.CutMix())


REFUSED_WHEN_RUN = {
    "negative ids": ((IMAGES, IDS - 3), "Class ids must lie in"),
    "ids that float32 does not hold": ((IMAGES, IDS + 2**24), "Class ids must lie in"),
    "negative soft labels": ((IMAGES, tf.one_hot(IDS, 10, off_value=-0.1)), "must not be negative"),
    "soft labels of NaN": ((IMAGES, tf.fill([6, 10], float("nan"))), "must not be negative, NaN or infinite"),
    "negative weights": ((IMAGES, IDS, tf.fill([6], -1.0)), "weights must not be negative"),
}


@pytest.mark.parametrize(("parts", "message"), REFUSED_WHEN_RUN.values(), ids=REFUSED_WHEN_RUN)
def test_refused_when_it_runs(parts, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        cm.CutMix()(*parts, seed=SEED)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        list(tf.data.Dataset.from_tensors(parts).map(cm.CutMix()))


def test_batch_sizes_that_only_show_when_run_are_refused():
    unknown = [tf.TensorSpec([None, 8, 10, 3], tf.uint8), tf.TensorSpec([None], tf.int32)]
    with pytest.raises(tf.errors.InvalidArgumentError, match="batch size"):
        tf.function(cm.CutMix(), input_signature=unknown)(IMAGES, IDS[:4])


REFUSED_CALLS = {
    "mix of an empty list": (lambda: cm.mix([], cm.CutMix()), ValueError, "same number of examples"),
    "mix of a number": (lambda: cm.mix(3, cm.CutMix()), TypeError, "tf.data.Dataset"),
    "mix by a name": (lambda: cm.mix(tf.data.Dataset.range(3), "CutMix"), TypeError, "a mixer such as"),
    "mix seed": (lambda: cm.mix(tf.data.Dataset.range(3), cm.CutMix(), seed=-1), ValueError, "seed must be"),
    "seed of floats": (lambda: cm.CutMix()(IMAGES, IDS, seed=(1.0, 2.0)), TypeError, "two integers"),
    "seed of one": (lambda: cm.CutMix()(IMAGES, IDS, seed=3), ValueError, "two integers"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED_CALLS.values(), ids=REFUSED_CALLS)
def test_bad_calls_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
