"""Models with several inputs, segmentation without labels, and videos."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from helpers import cases, laws
from helpers.execution import op_by_op
from helpers.marks import FEW, rows

import cutmix_tf as cm
from cutmix_tf.mixing import Plan, apply_plan

SEED = (1, 4)
COUNT = laws.COUNT
IMAGES, IDS = laws.painted_batch()
AGES = tf.linspace(0.0, 9.0, COUNT)


def each(methods, fast=None):
    return pytest.mark.parametrize("mixer", rows(methods, fast))


WITHOUT_MAPS = {name: mixer for name, mixer in cases.CASES.items() if not mixer.uses_attention}

# ---- several inputs ----


@pytest.mark.parametrize("method", [cm.CutMix(), cm.MixUp(), cm.Cutout(size=4)], ids=repr)
@pytest.mark.parametrize("key", ["photo", "images"])
def test_images_are_mixed_and_named_inputs_passed_on(method, key):
    mixer = dataclasses.replace(method, images_key=key, pass_through=["age"])
    images, targets = method(IMAGES, IDS, seed=SEED)
    given = {"age": AGES, key: IMAGES}
    inputs, labels = mixer(given, IDS, seed=SEED)
    element = mixer({"images": given, "labels": IDS}, seed=SEED)
    for mixed, mixed_labels in ((inputs, labels), (element["images"], element["labels"])):
        assert list(mixed) == ["age", key]
        np.testing.assert_array_equal(mixed[key], images)
        np.testing.assert_array_equal(mixed["age"], AGES)
        np.testing.assert_array_equal(mixed_labels, targets)
    weighted = mixer(given, IDS, tf.ones(COUNT), seed=SEED)
    assert len(weighted) == 3
    np.testing.assert_array_equal(mixer.unmixed(given, IDS)[0][key], IMAGES)


def test_a_dataset_keeps_its_structure():
    mixer = cm.CutMix(images_key="photo", pass_through=("age",), num_classes=COUNT)
    dataset = tf.data.Dataset.from_tensor_slices(({"photo": IMAGES, "age": AGES}, IDS)).batch(16)
    assert cm.mix(dataset, mixer).element_spec[0] == dataset.element_spec[0]


PHOTO = {"images_key": "photo"}
REFUSED = {
    "inputs without a key": ({}, {"photo": IMAGES}, TypeError, r"either a dict .*CutMix\(images_key='photo'\)"),
    "other inputs": (PHOTO, {"photo": IMAGES, "age": AGES}, ValueError, r"pass_through=\['age'\]"),
    "no such input": (PHOTO, {"photos": IMAGES}, ValueError, "needs the input 'photo'; got 'photos'.*mean 'photos'"),
    "images alone": (PHOTO, IMAGES, TypeError, "under the key 'photo' of a dict"),
    "nothing to pass": (PHOTO | {"pass_through": ["age"]}, {"photo": IMAGES}, ValueError, "needs the input 'age'"),
}


@pytest.mark.parametrize(("options", "inputs", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_inputs(options, inputs, error, message):
    with pytest.raises(error, match=message):
        cm.CutMix(**options)(inputs, IDS, seed=SEED)


BAD_OPTIONS = {
    "a key that is no name": ({"images_key": 3}, TypeError, "images_key must be"),
    "others without a key": ({"pass_through": ["age"]}, ValueError, "images_key='photo'"),
    "others as one name": ({"images_key": "photo", "pass_through": "age"}, TypeError, "names of inputs"),
}


@pytest.mark.parametrize(("options", "error", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_options_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        cm.CutMix(**options)


# ---- segmentation without labels ----


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool", "float32"])
def test_masks_need_no_labels(dtype):
    masks = tf.cast(IMAGES[..., 0], dtype)
    mixed = cm.CutMix()({"images": IMAGES, "segmentation_masks": masks}, seed=SEED)
    assert list(mixed) == ["images", "segmentation_masks"]
    np.testing.assert_array_equal(mixed["segmentation_masks"], tf.cast(mixed["images"][..., 0], dtype))
    np.testing.assert_array_equal(mixed["images"], cm.CutMix()(IMAGES, IDS, seed=SEED)[0])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_masks_of_blended_images_are_refused(dtype):
    element = {"images": IMAGES, "segmentation_masks": tf.cast(IMAGES[..., 0], dtype)}
    with pytest.raises(ValueError, match=rf"belongs to one image. Use a method that pastes.*{dtype} masks"):
        cm.MixUp()(element, seed=SEED)


def test_weights_of_masks_are_refused():
    element = {"images": IMAGES, "segmentation_masks": IMAGES[..., 0], "sample_weights": tf.ones(COUNT)}
    with pytest.raises(ValueError, match="weights without labels"):
        cm.CutMix()(element, seed=SEED)


# ---- videos ----


def video_of(images, frames=3):
    """Frame t of a video shows its image plus 100 · t."""
    return tf.stack([images + 100 * t for t in range(frames)], axis=1)


@each(WITHOUT_MAPS, FEW)
def test_every_frame_is_mixed_like_an_image(mixer):
    videos = video_of(IMAGES)
    if not cases.takes(mixer, videos):
        pytest.skip("this one does not take such images")
    with op_by_op():
        mixed, targets = mixer(videos, IDS, seed=SEED)
        for t in range(3):
            image, expected = mixer(videos[:, t], IDS, seed=SEED)
            np.testing.assert_array_equal(mixed[:, t], image)
            np.testing.assert_array_equal(targets, expected)


@each({name: mixer for name, mixer in cases.PASTING.items() if not mixer.uses_attention})
def test_the_label_is_shared_by_the_pixels_of_all_frames(mixer):
    with op_by_op():
        mixed, targets = mixer(tf.stack([IMAGES] * 3, axis=1), IDS, seed=SEED)
    own = (np.asarray(mixed)[..., 0] == np.arange(COUNT)[:, None, None, None]).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(targets[:, 0, 1], own, rtol=0, atol=1e-7)


@pytest.mark.parametrize("channels", [None, 1])
def test_masks_of_videos_follow(channels):
    videos = video_of(IMAGES)
    masks = tf.cast(videos[..., 0] if channels is None else videos[..., :1], tf.int32)
    mixed = cm.CutMix()({"images": videos, "labels": IDS, "segmentation_masks": masks}, seed=SEED)
    images = mixed["images"][..., 0] if channels is None else mixed["images"][..., :1]
    np.testing.assert_array_equal(mixed["segmentation_masks"], tf.cast(images, tf.int32))


def test_videos_of_unknown_sizes_keep_what_is_known():
    spec = [tf.TensorSpec([None, None, None, None, 3], tf.uint8), tf.TensorSpec([None], tf.int64)]
    mix = tf.function(lambda *batch: cm.CutMix()(*batch, seed=SEED), input_signature=spec)
    videos = tf.cast(tf.stack([IMAGES] * 2, axis=1), tf.uint8)
    assert mix.get_concrete_function().structured_outputs[0].shape.as_list() == [None, None, None, None, 3]
    np.testing.assert_array_equal(mix(videos, tf.cast(IDS, tf.int64))[0], cm.CutMix()(videos, IDS, seed=SEED)[0])


def test_compiled_videos_have_the_same_bits(xla):
    videos = video_of(IMAGES)
    compiled = cm.CutMix()(videos, IDS, seed=SEED)
    with op_by_op():
        expected = cm.CutMix()(videos, IDS, seed=SEED)
    for part, other in zip(compiled, expected, strict=True):
        np.testing.assert_array_equal(part, other)


def test_one_mixer_takes_images_videos_and_values_of_any_rank_in_turn():
    mixer = cm.CutMix(regression=True)
    for _ in range(2):
        images, values = mixer(IMAGES, AGES, seed=SEED)
        videos, columns = mixer(tf.stack([IMAGES] * 2, axis=1), tf.stack([AGES] * 2, axis=1), seed=SEED)
        np.testing.assert_array_equal(videos[:, 1], images)
        np.testing.assert_array_equal(columns[:, 1], values)


def test_a_plan_is_applied_to_each_frame_by_hand():
    videos = tf.reshape(tf.range(2 * 2 * 2 * 2), [2, 2, 2, 2, 1])
    plan = Plan(box=tf.constant([[0, 1, 2, 2], [0, 0, 0, 0]]), partner=tf.constant([1, 0]))
    expected = [[[0, 9], [2, 11]], [[4, 13], [6, 15]]]
    np.testing.assert_array_equal(tf.squeeze(apply_plan(plan, videos)[0], axis=-1), expected)


VIDEO = tf.stack([IMAGES] * 2, axis=1)
REFUSED_VIDEOS = {
    "attention": (lambda: cm.AttentiveCutMix()(VIDEO, IDS, attention=tf.ones([COUNT, 7, 7])), "describes one image"),
    "features": (lambda: cm.FeatureCutMix(taps=(0,)).bound_to(((4, 4),))(VIDEO, IDS), "features of images"),
    "masks of images": (
        lambda: cm.CutMix()({"images": VIDEO, "labels": IDS, "segmentation_masks": IMAGES[..., 0]}),
        "frames if there are any",
    ),
    "fills of other channels": (lambda: cm.Cutout(size=4, fill=(1.0, 2.0))(VIDEO, IDS), "images with 3 channels"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED_VIDEOS.values(), ids=REFUSED_VIDEOS)
def test_refused_videos(call, message):
    with pytest.raises(ValueError, match=message):
        call()
