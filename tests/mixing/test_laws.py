"""Every method × every law that applies to it."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from helpers import cases, laws
from helpers.execution import op_by_op
from helpers.marks import FEW, rows, slow_after

import cutmix_tf as cm
from cutmix_tf.mixing import MIXERS, HiddenMixer, OneOf

FOR_MIXING = [
    laws.targets_describe_the_image,
    laws.something_moves,
    laws.weights_sum_to_one,
    laws.nobody_is_their_own_partner,
    laws.own_label_comes_first,
    laws.equal_seeds_give_equal_results,
]
FOR_ERASING = [laws.labels_stay, laws.something_is_erased, laws.equal_seeds_give_equal_results]
FOR_BOXES = [laws.boxes_differ_between_examples, laws.boxes_have_the_images_aspect, laws.every_place_is_reached]
OF_SEVERAL = [name for name, mixer in cases.CASES.items() if isinstance(mixer, OneOf)]
DTYPES = ["uint8", "float16", "bfloat16", "float32"]


def each(methods, fast=None):
    wrapped = {name: cases.WithMaps(mixer) for name, mixer in methods.items()}
    return pytest.mark.parametrize("mixer", rows(wrapped, fast))


def obeys(laws):
    return pytest.mark.parametrize("law", laws, ids=lambda law: law.__name__)


def test_every_method_has_a_row():
    rows = {type(mixer).__name__ for mixer in (*cases.CASES.values(), *cases.HIDDEN.values())}
    assert rows == MIXERS.keys()
    assert {type(mixer).__name__ for mixer in cases.HIDDEN.values()} == {
        name for name, kind in MIXERS.items() if issubclass(kind, HiddenMixer)
    }


def test_every_row_is_tested_by_laws():
    mixed_and_erased = {name for name, mixer in cases.CASES.items() if isinstance(mixer, OneOf)}
    assert {*cases.MIXING, *cases.ERASING, *cases.RELABELED} | mixed_and_erased == cases.CASES.keys()


@obeys(FOR_MIXING)
@each(cases.MIXING, [*cases.ONE_OF_EACH, *OF_SEVERAL])
def test_laws_of_mixing(mixer, law):
    law(mixer)


@each(cases.PASTING)
def test_shares_are_whole_pixels(mixer):
    laws.shares_are_whole_pixels(mixer)


@each(cases.KEEPING_PLACE)
def test_pixels_keep_their_place_and_bits(mixer):
    laws.pixels_keep_their_place_and_bits(mixer)


@obeys(FOR_ERASING)
@each(cases.ERASING)
def test_laws_of_erasing(mixer, law):
    law(mixer)


@obeys(FOR_BOXES)
def test_laws_of_boxes(law):
    law(cm.CutMix())


@pytest.mark.parametrize("mixer", [cm.CutMix(prob=0.5), cm.MixUp(prob=0.5)], ids=repr)
def test_prob_is_applied_exactly_once(mixer):
    laws.half_are_mixed(mixer)


def test_a_batch_can_share_one_box():
    images, targets = laws.run(cm.CutMix(per="batch"), laws.painted_batch())
    assert len(np.unique(laws.boxes_of(images, targets), axis=0)) == 1


def test_a_batch_can_share_one_coin():
    mixed = [laws.run(cm.CutMix(per="batch", prob=0.5), laws.painted_batch(), (0, n))[1] for n in range(40)]
    shares = [np.mean(targets[:, 1, 1] > 0) for targets in mixed]
    assert set(shares) == {0.0, 1.0}


# ---- shares, over many sizes ----

SIZES = [(1, 1), (1, 9), (6, 1), (5, 7), (12, 20), (32, 32), (33, 31), (64, 48), (96, 96), (97, 61), (224, 224)]
SIZES_AND_DTYPES = list(zip(SIZES, itertools.cycle(DTYPES), strict=False))
EXACT = {
    "CutMix": cm.CutMix(alpha=0.4, prob=0.6),
    "CutMix, per batch": cm.CutMix(per="batch", prob=0.7),
    "AttentiveCutMix": cases.WithMaps(cm.AttentiveCutMix(prob=0.8)),
    "ResizeMix": cm.ResizeMix(prob=0.9),
    "Mosaic": cm.Mosaic(center=(0.0, 1.0), prob=0.9),
    "AttentiveCutMix, other grid": cases.WithMaps(cm.AttentiveCutMix(top_n=None, alpha=2.0), grid=(8, 13)),
}


def check_shares(mixer, size, dtype, *, rounds):
    """Weights are the counted shares of pixels, over `rounds` batches of at most 250 images."""
    count = 250 if size[0] < 200 else 20
    images, labels = laws.painted_batch(count, *size, dtype=dtype)
    for step in range(rounds):
        mixed, targets = mixer(images, labels, seed=tf.constant([9, step]))
        assert mixed.dtype == images.dtype
        own = tf.cast(targets[:, 0, 0], mixed.dtype)[:, None, None, None]
        kept = tf.reduce_mean(tf.cast(mixed == own, tf.float64), axis=[1, 2, 3])
        np.testing.assert_allclose(targets[:, 0, 1], kept, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("size", "dtype"), slow_after(2, SIZES_AND_DTYPES), ids=str)
def test_shares_are_exact_at_all_sizes(size, dtype):
    with op_by_op():
        for mixer in EXACT.values():
            check_shares(mixer, size, dtype, rounds=2)


@pytest.mark.slow
@pytest.mark.parametrize("mixer", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize(("size", "dtype"), SIZES_AND_DTYPES, ids=str)
def test_shares_are_exact_over_100_000_images(xla, size, dtype, mixer):
    """Each of the 66 cases mixes at least 2,300 images."""
    check_shares(mixer, size, dtype, rounds=10 if size[0] < 200 else 120)


# ---- dtypes and shapes ----


@pytest.mark.parametrize("dtype", DTYPES)
@each(cases.ONE_OF_EACH, FEW)
def test_dtype_and_shape_are_kept(mixer, dtype):
    images, labels = laws.painted_batch(count=5, height=7, width=9, dtype=dtype)
    if not cases.takes(mixer.mixer, images):
        pytest.skip("this one does not take such images")
    with op_by_op():
        mixed, _ = mixer(images, labels, seed=(0, 0))
    assert mixed.dtype == (tf.float32 if cases.blends(mixer.mixer) and dtype == "uint8" else images.dtype)
    assert mixed.shape == images.shape


@each(cases.ONE_OF_EACH, FEW)
def test_unknown_sizes_keep_what_is_known(mixer):
    spec = [tf.TensorSpec([None, None, None, 3], tf.uint8), tf.TensorSpec([None], tf.int64)]
    images, _ = tf.function(lambda *batch: mixer(*batch, seed=(0, 0))).get_concrete_function(*spec).structured_outputs
    assert images.shape.as_list() == [None, None, None, 3]


@each(cases.CASES, cases.ONE_OF_EACH)
def test_tiny_images(mixer):
    images, labels = laws.numbered_batch(count=3, height=1, width=1)
    with op_by_op():
        mixed, targets = mixer(images, labels, seed=(0, 0))
    assert mixed.shape == images.shape
    np.testing.assert_array_equal(np.reshape(targets, [3, -1])[:, 0], labels)


@each({**cases.MIXING, **cases.RELABELED}, FEW)
def test_a_batch_of_one_stays_as_it_is(mixer):
    images, _ = laws.numbered_batch(count=1)
    with op_by_op():
        for step in range(3):
            mixed, targets = mixer(images, tf.constant([4]), seed=(0, step))
            np.testing.assert_array_equal(mixed, images)
            np.testing.assert_array_equal(targets, [[[4, 1], *[[4, 0]] * (mixer.mixer.num_images - 1)]])


@each(cases.ERASING)
def test_a_batch_of_one_is_erased(mixer):
    images, _ = laws.numbered_batch(count=1)
    with op_by_op():
        changed = [np.any(mixer(images, tf.constant([4]), seed=(0, step))[0] != images) for step in range(8)]
    assert any(changed)


@each(cases.CASES, FEW)
def test_a_batch_of_none_gives_none(mixer):
    images, labels = laws.numbered_batch(count=0)
    with op_by_op():
        mixed, targets = mixer(images, labels, seed=(0, 0))
    assert mixed.shape == images.shape
    assert targets.shape[0] == 0


# ---- calls ----


def test_inputs_are_not_changed():
    images, labels = laws.numbered_batch()
    before = images.numpy().copy()
    cm.CutMix()(images, labels, seed=(0, 0))
    np.testing.assert_array_equal(images, before)


def test_mixers_are_values():
    assert cm.CutMix(alpha=1.0) == cm.CutMix()
    assert hash(cm.OneOf([cm.CutMix(), cm.MixUp()])) == hash(cm.OneOf((cm.CutMix(), cm.MixUp())))
    with pytest.raises(AttributeError):
        cm.CutMix().alpha = 2.0
