"""Every method × every law, and the same bits in every way of calling."""

import itertools
import subprocess
import sys

import cases
import laws
import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf import _xla
from cutmix_tf.mixing import MIXERS, HiddenMixer, _mixer

FOR_ALL_MIXING = [
    laws.targets_describe_the_picture,
    laws.something_moves,
    laws.weights_sum_to_one,
    laws.nobody_is_their_own_partner,
    laws.own_label_comes_first,
    laws.equal_seeds_give_equal_results,
]
FOR_PASTING = [laws.shares_are_whole_pixels, laws.pixels_keep_their_place_and_bits]


def table(methods):
    return pytest.mark.parametrize("mixer", [cases.WithMaps(mixer) for mixer in methods.values()], ids=methods)


def test_no_method_is_forgotten():
    hidden = {name for name, mixer in MIXERS.items() if issubclass(mixer, HiddenMixer)}  # see test_hidden.py
    assert {type(mixer).__name__ for mixer in cases.ALL.values()} == MIXERS.keys() - hidden


@pytest.mark.parametrize("law", FOR_ALL_MIXING, ids=lambda law: law.__name__)
@table(cases.MIXING)
def test_laws_of_mixing(mixer, law):
    law(mixer)


@pytest.mark.parametrize("law", FOR_PASTING, ids=lambda law: law.__name__)
@table(cases.PASTING)
def test_laws_of_pasting(mixer, law):
    law(mixer)


@pytest.mark.parametrize(
    "law",
    [laws.boxes_differ_between_examples, laws.boxes_have_the_image_s_aspect, laws.every_place_is_reached],
    ids=lambda law: law.__name__,
)
def test_laws_of_boxes(law):
    law(cm.CutMix())


@pytest.mark.parametrize("mixer", [cm.CutMix(prob=0.5), cm.MixUp(prob=0.5)], ids=repr)
def test_prob_is_hit_once(mixer):
    laws.half_are_mixed(mixer)


def test_one_box_for_the_batch():
    images, targets = laws.run(cm.CutMix(per="batch"), laws.painted_batch())
    assert len(np.unique(laws.boxes_of(images, targets), axis=0)) == 1


def test_coin_for_the_batch_falls_for_all():
    mixed = [laws.run(cm.CutMix(per="batch", prob=0.5), laws.painted_batch(), (0, n))[1] for n in range(40)]
    shares = [np.mean(targets[:, 1, 1] > 0) for targets in mixed]
    assert set(shares) == {0.0, 1.0}


SIZES = [(1, 1), (1, 9), (6, 1), (5, 7), (12, 20), (32, 32), (33, 31), (64, 48), (96, 96), (97, 61), (224, 224)]
DTYPES = ["uint8", "float16", "bfloat16", "float32"]
EXACT = [
    cm.CutMix(),
    cm.CutMix(alpha=0.4, prob=0.6),
    cm.CutMix(per="batch", prob=0.7),
    cases.WithMaps(cm.AttentiveCutMix(prob=0.8)),
    cases.WithMaps(cm.AttentiveCutMix(top_n=None, alpha=2.0), grid=(8, 13)),
]


def sizes_and_ways():
    """Each size in each way; in the slow suite but for every other one where nothing is compiled for the size."""
    for number, (size, dtype) in enumerate(zip(SIZES, itertools.cycle(DTYPES), strict=False)):
        for way in ("eager", "dataset", "jit"):
            slow = number % 2 and way != "jit"
            yield pytest.param(size, dtype, way, marks=pytest.mark.slow if slow else (), id=f"{way}-{size}-{dtype}")


@pytest.mark.parametrize(("size", "dtype", "way"), list(sizes_and_ways()))
def test_shares_are_exact_over_100_000_images(size, dtype, way):
    """Each of the 33 cases mixes at least 3,800 images, among them a partial batch."""
    count, height, width = (250, *size) if size[0] < 200 else (20, *size)
    images, labels = laws.painted_batch(count=count, height=height, width=width, dtype=dtype)
    for mixer in EXACT:
        for mixed, targets in _mix_in_batches(mixer, images, labels, way, rounds=4 if count == 250 else 38):
            assert mixed.dtype == images.dtype
            own = tf.cast(tf.gather(targets, 0, axis=1)[:, 0], mixed.dtype)[:, None, None, None]
            kept = tf.reduce_mean(tf.cast(mixed == own, tf.float64), axis=[1, 2, 3])
            np.testing.assert_allclose(targets[:, 0, 1], kept, rtol=0, atol=1e-7)


def _mix_in_batches(mixer, images, labels, way, rounds):
    """Mixed batches: whole ones, and for a dataset a partial one at the end."""
    if way == "dataset":
        batches = tf.data.Dataset.from_tensor_slices((images, labels)).repeat(rounds)
        steps = tf.data.Dataset.zip((tf.data.Dataset.counter(), batches.batch(len(images) - 7)))
        yield from steps.map(lambda step, batch: mixer(*batch, seed=tf.stack([9, step])))
        return
    function = tf.function(mixer, jit_compile=_xla.available()) if way == "jit" else mixer
    for step in range(rounds):
        yield function(images, labels, seed=tf.constant([9, step]))


@pytest.mark.parametrize("dtype", DTYPES)
@table(cases.ALL)
def test_dtype_and_shape_are_kept(mixer, dtype):
    images, labels = laws.painted_batch(count=5, height=7, width=9, dtype=dtype)
    mixed, _ = mixer(images, labels, seed=(0, 0))
    assert mixed.dtype == (tf.float32 if "MixUp" in repr(mixer) and dtype == "uint8" else images.dtype)
    assert mixed.shape == images.shape


@table(cases.ALL)
def test_unknown_sizes_keep_what_is_known(mixer):
    spec = [tf.TensorSpec([None, None, None, 3], tf.uint8), tf.TensorSpec([None], tf.int64)]
    images, _ = tf.function(lambda *batch: mixer(*batch, seed=(0, 0))).get_concrete_function(*spec).structured_outputs
    assert images.shape.as_list() == [None, None, None, 3]


@table(cases.ALL)
def test_batch_of_one_and_tiny_images(mixer):
    images = tf.fill([1, 1, 1, 1], 7.0)
    if "fill=(" in repr(mixer) or "fill='color'" in repr(mixer):
        images = tf.repeat(images, 3, axis=3)
    mixed, targets = mixer(images, tf.constant([4]), seed=(0, 0))
    assert mixed.shape == images.shape
    if not repr(mixer).startswith(("Cutout", "HideAndSeek", "RandomErasing")):
        assert targets[0, 0, 0] == targets[0, 1, 0] == 4


def ways_of_calling(mixer, batch, seed=(3, 5)):
    """Results of every way to run one mixer with one seed."""
    dataset = tf.data.Dataset.from_tensors(batch)
    fixed = tf.constant(seed)
    yield "graph", tf.function(mixer)(*batch, seed=fixed)
    yield "jit", tf.function(mixer, jit_compile=_xla.available())(*batch, seed=fixed)
    for parallel in (1, 8):
        mapped = dataset.map(lambda *parts: mixer(*parts, seed=fixed), num_parallel_calls=parallel)
        yield f"Dataset.map, {parallel} calls", next(iter(mapped))


@table(cases.ALL)
def test_same_bits_in_every_way_of_calling(mixer):
    batch = laws.numbered_batch()
    images, targets = mixer(*batch, seed=(3, 5))
    for way, (other_images, other_targets) in ways_of_calling(mixer, batch):
        np.testing.assert_array_equal(targets, other_targets, err_msg=way)
        if "MixUp" in repr(mixer):  # blends round differently when fused
            np.testing.assert_allclose(images, other_images, rtol=1e-6, err_msg=way)
        else:
            np.testing.assert_array_equal(images, other_images, err_msg=way)


@table(cases.ALL)
def test_same_bits_without_xla(mixer, monkeypatch):
    batch = laws.numbered_batch()
    with_xla = mixer(*batch, seed=(3, 5))
    monkeypatch.setattr(_xla, "available", lambda: False)
    _mixer._compiled_mix.cache_clear()
    try:
        without = mixer(*batch, seed=(3, 5))
    finally:
        _mixer._compiled_mix.cache_clear()
    np.testing.assert_array_equal(with_xla[1], without[1])
    np.testing.assert_allclose(with_xla[0], without[0], rtol=1e-6 if "MixUp" in repr(mixer) else 0)


PRINT_A_MIX = """
import hashlib, sys
sys.path.insert(0, "tests")
import cases, laws, numpy as np
for mixer in cases.ALL.values():
    images, targets = cases.WithMaps(mixer)(*laws.numbered_batch(), seed=(3, 5))
    print(hashlib.sha256(np.asarray(images).tobytes() + np.asarray(targets).tobytes()).hexdigest())
"""


def test_same_bits_in_another_process(request):
    import hashlib

    here = []
    for mixer in cases.ALL.values():
        images, targets = cases.WithMaps(mixer)(*laws.numbered_batch(), seed=(3, 5))
        here.append(hashlib.sha256(np.asarray(images).tobytes() + np.asarray(targets).tobytes()).hexdigest())
    child = subprocess.run(
        [sys.executable, "-c", PRINT_A_MIX], capture_output=True, text=True, check=True, cwd=request.config.rootpath
    )
    assert child.stdout.split() == here


def test_steps_of_a_dataset_differ_and_repeat_with_the_seed():
    batches = tf.data.Dataset.from_tensors(laws.painted_batch()).repeat(6)
    first, again = list(cm.mix(batches, cm.CutMix(), seed=1)), list(cm.mix(batches, cm.CutMix(), seed=1))
    other = list(cm.mix(batches, cm.CutMix(), seed=2))
    for (images, targets), (images_again, targets_again) in zip(first, again, strict=True):
        np.testing.assert_array_equal(images, images_again)
        np.testing.assert_array_equal(targets, targets_again)
    different = {targets.numpy().tobytes() for _, targets in first + other}
    assert len(different) == 12


def test_step_of_a_dataset_is_the_mixer_with_seed_and_step():
    images, labels = laws.painted_batch()
    batches = tf.data.Dataset.from_tensors((images, labels)).repeat(3)
    third = list(cm.mix(batches, cm.CutMix(), seed=8))[2]
    expected = cm.CutMix()(images, labels, seed=(8, 2))
    np.testing.assert_array_equal(third[0], expected[0])
    np.testing.assert_array_equal(third[1], expected[1])


def test_without_a_seed_each_call_draws_anew():
    batch = laws.painted_batch()
    eager = [cm.CutMix()(*batch)[1].numpy().tobytes() for _ in range(4)]
    mapped = tf.data.Dataset.from_tensors(batch).repeat(4).map(cm.CutMix())
    assert len(set(eager)) == 4
    assert len({targets.numpy().tobytes() for _, targets in mapped}) == 4


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


def test_the_coin_of_strength_knows_nothing_of_the_partner():
    batch = laws.painted_batch(count=3)
    targets = [np.asarray(cm.MixUp()(*batch, strength=0.5, seed=(9, step))[1])[0] for step in range(40)]
    assert {partner for (_, partner), (_, share) in (target.T for target in targets) if share > 0} == {1, 2}
