"""Bounding boxes: exact on painted rectangles, in every format, wherever labels are missing; and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import laws
from helpers.execution import op_by_op
from helpers.marks import slow_but

import cutmix_tf as cm
from cutmix_tf.mixing import Plan
from cutmix_tf.mixing._bounding_boxes import BoundingBoxes, BoxRules, mix_boxes
from cutmix_tf.mixing._box_formats import BOX_FORMATS

SEED = (1, 2)
MOVERS = {
    "CutMix": cm.CutMix(),
    "CutMix, all that is visible": cm.CutMix(min_visible=0),
    "CutMix, whole objects": cm.CutMix(alpha=0.2, min_visible=1),
    "Mosaic": cm.Mosaic(),
    "Mosaic, all that is visible": cm.Mosaic(center=(0, 1), min_visible=0.0),
    "OneOf": cm.OneOf([cm.CutMix(prob=0.5), cm.Mosaic(prob=0.8)], min_visible=0.3),
    "SaliencyMix": cm.SaliencyMix(),
}


def check(mixer, count, seed):
    return laws.boxes_describe_the_objects(mixer, mixer.min_visible, count=count, seed=seed)


@pytest.mark.parametrize("name", slow_but(["CutMix", "Mosaic", "OneOf"], MOVERS))
def test_boxes_describe_painted_objects(name):
    assert check(MOVERS[name], 60, SEED) > 60


@pytest.mark.parametrize("min_visible", slow_but([0.1], [0.1, 1.0]))
def test_boxes_of_shrunk_images_describe_painted_objects(min_visible):
    mixer = cm.ResizeMix(min_visible=min_visible)
    assert laws.boxes_describe_the_objects(mixer, min_visible, resized=True, count=60, seed=SEED) > 100


@pytest.mark.slow
@pytest.mark.parametrize("mixer", MOVERS.values(), ids=MOVERS)
def test_boxes_are_exact_over_100_000_images(mixer):
    """And at least 20,000 more with ResizeMix, below."""
    boxes = sum(check(mixer, 500, (7, step)) for step in range(30))
    print(f"{boxes} boxes in 15,000 images")
    assert boxes > 15_000


@pytest.mark.slow
def test_boxes_of_shrunk_images_are_exact_over_20_000_images():
    boxes = sum(
        laws.boxes_describe_the_objects(cm.ResizeMix(), resized=True, count=500, seed=(7, step)) for step in range(40)
    )
    print(f"{boxes} boxes in 20,000 images")
    assert boxes > 40_000


# ---- by hand ----


def seen_around(hole, box, min_visible=0.0):
    """The own box of an image of 10 × 10, in pixels, after a hole was pasted; None if it is dropped."""
    plan = Plan(tf.constant([hole, hole]), tf.constant([1, 0]))
    boxes = BoundingBoxes(tf.constant([[box], [[-1.0] * 4]]), tf.constant([[3], [-1]]))
    mixed = mix_boxes(plan, boxes, tf.constant(10), tf.constant(10), BoxRules("yxyx", min_visible), "CutMix")
    return mixed.boxes[0, 0].numpy().tolist() if mixed.labels[0, 0] == 3 else None


@pytest.mark.parametrize(
    ("hole", "expected"),
    [
        ([0, 0, 0, 0], [2, 2, 8, 6]),
        ([0, 0, 4, 10], [4, 2, 8, 6]),  # the upper part
        ([0, 2, 4, 6], [4, 2, 8, 6]),  # just as wide
        ([0, 3, 4, 10], [2, 2, 8, 6]),  # not to the left edge: a column stays
        ([5, 1, 9, 7], [2, 2, 5, 6]),
        ([1, 0, 9, 5], [2, 5, 8, 6]),
        ([1, 5, 9, 9], [2, 2, 8, 5]),
        ([4, 0, 6, 10], [2, 2, 8, 6]),  # a strip through the middle
        ([3, 3, 7, 5], [2, 2, 8, 6]),  # an island
        ([2, 2, 8, 6], None),
        ([0, 0, 10, 10], None),
    ],
)
def test_the_box_around_what_is_left(hole, expected):
    assert seen_around(hole, [2.0, 2.0, 8.0, 6.0]) == expected


def test_the_share_that_must_be_visible():
    """Of 6 × 4 pixels, a row of 4 is left, which is a sixth."""
    hole, box = [0, 0, 7, 10], [2.0, 2.0, 8.0, 6.0]
    assert seen_around(hole, box, 1 / 6) == [7, 2, 8, 6]
    assert seen_around(hole, box, 1 / 6 + 1e-9) is None


def test_a_box_counts_as_far_as_it_is_inside():
    assert seen_around([0, 0, 0, 0], [-5.0, 2.5, 5.0, 30.0], 1.0) == [0, 2.5, 5, 10]
    assert seen_around([0, 0, 0, 0], [-5.0, 2.0, -1.0, 8.0]) is None
    assert seen_around([0, 0, 0, 0], [2.0, 2.0, 2.0, 8.0]) is None


# ---- elements ----


def element(count=5, height=12, width=20, dtype="float32", kind="int32"):
    """Images without labels, and boxes, some of them missing."""
    whole = laws.objects_with_boxes(count, height, width)
    boxes = {
        "boxes": tf.cast(whole["bounding_boxes"]["boxes"], dtype),
        "labels": tf.cast(whole["bounding_boxes"]["labels"], kind),
    }
    return {"images": tf.cast(whole["images"], tf.uint8), "bounding_boxes": boxes}


def numpy(mixed):
    return tf.nest.map_structure(np.asarray, mixed)


@pytest.mark.parametrize("box_format", slow_but(["yxyx", "rel_center_xywh"], BOX_FORMATS))
def test_every_format_of_keras_is_read_and_written(box_format):
    plain, given = element(), element()
    size = {"height": 12, "width": 20}
    given["bounding_boxes"]["boxes"] = keras.utils.bounding_boxes.convert_format(
        plain["bounding_boxes"]["boxes"], source="xyxy", target=box_format, **size
    )
    for mixer in (cm.CutMix, cm.Mosaic):
        with op_by_op():
            expected = numpy(mixer()(plain, seed=SEED))["bounding_boxes"]
            mixed = numpy(mixer(bounding_box_format=box_format)(given, seed=SEED))["bounding_boxes"]
        np.testing.assert_array_equal(mixed["labels"], expected["labels"])
        real = expected["labels"] >= 0
        back = keras.utils.bounding_boxes.convert_format(mixed["boxes"], source=box_format, target="xyxy", **size)
        np.testing.assert_allclose(np.asarray(back)[real], expected["boxes"][real], rtol=0, atol=1e-5)
        assert (mixed["boxes"][~real] == -1).all()


@pytest.mark.parametrize(("dtype", "kind"), [("float32", "int64"), ("float64", "float32"), ("float32", "int8")])
def test_dtypes_stay_and_labels_of_images_are_mixed_too(dtype, kind):
    given = element(dtype=dtype, kind=kind)
    with op_by_op():
        mixed = cm.CutMix()({**given, "labels": tf.range(5)}, seed=SEED)
        alone = cm.CutMix()(given, seed=SEED)
    assert mixed["labels"].shape == (5, 2, 2)
    assert mixed["bounding_boxes"]["boxes"].dtype == dtype
    assert mixed["bounding_boxes"]["labels"].dtype == kind
    assert alone.keys() == {"images", "bounding_boxes"}
    for one, other in zip(*map(tf.nest.flatten, (alone["bounding_boxes"], mixed["bounding_boxes"])), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("mixer", "parts"), [(cm.ResizeMix(), 2), (cm.Mosaic(), 4)], ids=["ResizeMix", "Mosaic"])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_small_batches(mixer, parts, count):
    with op_by_op():
        mixed = numpy(mixer(element(count), seed=SEED))["bounding_boxes"]
    assert mixed["boxes"].shape == (count, 3 * parts, 4)
    assert mixed["labels"].shape == (count, 3 * parts)
    if count == 1:  # nothing is mixed, and boxes are clipped
        assert (mixed["labels"] >= 0).sum() == 2


def test_images_without_any_boxes():
    given = {
        "images": tf.zeros([4, 6, 6, 3]),
        "bounding_boxes": {"boxes": tf.zeros([4, 0, 4]), "labels": tf.zeros([4, 0], tf.int32)},
    }
    with op_by_op():
        assert cm.Mosaic()(given, seed=SEED)["bounding_boxes"]["boxes"].shape == (4, 0, 4)


@pytest.mark.slow
def test_same_bits_in_compiled_datasets_of_unknown_sizes(xla):
    mixer = cm.OneOf([cm.CutMix(), cm.ResizeMix(), cm.Mosaic()], bounding_box_format="rel_xywh")
    given = element(7)
    given["bounding_boxes"]["boxes"] = tf.abs(given["bounding_boxes"]["boxes"]) / 37
    with op_by_op():
        expected = numpy(mixer(given, seed=SEED))
    dataset = tf.data.Dataset.from_tensor_slices(given).batch(7).map(lambda each: mixer(each, seed=SEED))
    for one, other in zip(*map(tf.nest.flatten, (expected, numpy(next(iter(dataset))))), strict=True):
        np.testing.assert_array_equal(one, other)


def test_in_a_pipeline_of_keras_layers():
    augment = keras.layers.Pipeline([cm.MixingLayer(cm.Mosaic())])
    limit = keras.layers.MaxNumBoundingBoxes(5, bounding_box_format="xyxy")
    dataset = tf.data.Dataset.from_tensor_slices(element(8)).batch(4).map(augment)
    for mixed in dataset:
        boxes = mixed["bounding_boxes"]["boxes"]
        assert boxes.shape == (4, 12, 4)
        np.testing.assert_array_equal(limit(mixed)["bounding_boxes"]["boxes"], boxes[:, :5])


def test_options_are_kept_in_configs():
    mixer = cm.Mosaic(bounding_box_format="rel_xyxy", min_visible=0.25)
    config = keras.saving.serialize_keras_object(mixer)
    assert keras.saving.deserialize_keras_object(config) == mixer


# ---- refusals ----


def changed(**parts):
    given = element()
    return {**given, "bounding_boxes": {**given["bounding_boxes"], **parts}}


BOXES, LABELS = element()["bounding_boxes"].values()
REFUSED = {
    "no dict": ({**element(), "bounding_boxes": BOXES}, ValueError, "as for Keras' own layers"),
    "keras-cv's": (
        {**element(), "bounding_boxes": {"boxes": BOXES, "classes": LABELS}},
        ValueError,
        "called 'labels' here",
    ),
    "integers": (changed(boxes=tf.cast(BOXES, tf.int32)), TypeError, "float32 or float64"),
    "half precision": (changed(boxes=tf.cast(BOXES, tf.float16)), TypeError, "float32 or float64"),
    "unsigned labels": (changed(labels=tf.zeros([5, 3], tf.uint8)), TypeError, "can be -1"),
    "labels of another number": (changed(labels=LABELS[:, :2]), ValueError, "one label for each box"),
    "labels of another batch": (changed(labels=LABELS[:4]), ValueError, "one label for each box"),
    "five numbers": (changed(boxes=tf.zeros([5, 3, 5])), ValueError, "one label for each box"),
    "one-hot labels": (changed(labels=tf.zeros([5, 3, 7])), ValueError, "one label for each box"),
    "ragged": (changed(boxes=tf.RaggedTensor.from_tensor(BOXES)), TypeError, "dense tensor"),
    "another batch": (changed(boxes=BOXES[:4], labels=LABELS[:4]), ValueError, "same batch size"),
    "videos": ({**element(), "images": tf.zeros([5, 2, 4, 4, 3])}, ValueError, "Bounding boxes describe images"),
}


@pytest.mark.parametrize(("given", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_when_called(given, error, message):
    with pytest.raises(error, match=message):
        cm.CutMix()(given, seed=SEED)


REFUSED_WHEN_RUN = {
    "another format": (changed(boxes=tf.constant([[[15.0, 8, 3, 4]] * 3] * 5)), "bounding_box_format='xywh'"),
    "infinite": (changed(boxes=BOXES * float("inf")), "must be finite"),
    "negative labels": (changed(labels=LABELS - 9), "class ids, or -1"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED_WHEN_RUN.values(), ids=REFUSED_WHEN_RUN)
def test_refused_when_it_runs(given, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        cm.CutMix()(given, seed=SEED)


OTHERS = [
    *(cm.MixUp(), cm.Cutout(size=3), cm.FMix(), cm.GridMix(), cm.OneOf([cm.CutMix(), cm.MixUp()])),
    cm.RandomErasing(value_range=(0, 255)),
]


@pytest.mark.parametrize("mixer", OTHERS, ids=lambda mixer: repr(mixer)[:20])
def test_methods_that_can_not_move_boxes_name_those_that_can(mixer):
    with pytest.raises(ValueError, match="Use CutMix, ResizeMix or Mosaic"), op_by_op():
        mixer(element(), seed=SEED)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match=r"bounding_box_format must be one of .* Did you mean 'xywh'"):
        cm.CutMix(bounding_box_format="xywhh")
    with pytest.raises(ValueError, match="min_visible must be at least 0 and at most 1"):
        cm.CutMix(min_visible=1.5)
    with pytest.raises(ValueError, match="options such as"):
        cm.OneOf([cm.CutMix(min_visible=0.5)])
