"""FMix: shapes of the published distribution, their exact area, and the ranking of pixels."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import laws
from helpers.execution import op_by_op
from helpers.oracle import published_fields
from hypothesis import given, settings
from hypothesis import strategies as some

import cutmix_tf as cm
from cutmix_tf.mixing import Canvas
from cutmix_tf.mixing._low_frequencies import HIGHEST, _scales, largest, low_frequency_fields

SEED = (1, 2)


def fields(count, height, width, decay=3.0, seed=SEED):
    with op_by_op():
        return low_frequency_fields(seed, count, tf.constant(height), tf.constant(width), decay).numpy() / 2**22


def standardized(images):
    images = images - images.mean(axis=(1, 2), keepdims=True)
    return images / images.std(axis=(1, 2), keepdims=True)


def spectrum(images):
    """The mean power of each frequency, as shares of all but the mean's."""
    power = (np.abs(np.fft.fft2(standardized(images))) ** 2).mean(axis=0)
    return power / power.sum()


@pytest.mark.parametrize("size", [(32, 32), (17, 24), (24, 17), (9, 40)], ids=str)
def test_fields_have_the_spectrum_of_the_published_code(size):
    ours, published = fields(800, *size), published_fields(np.random.default_rng(0), 800, *size)
    low = (slice(0, 5), slice(0, 5))
    np.testing.assert_allclose(spectrum(ours)[low], spectrum(published)[low], atol=0.02, rtol=0.15)


def test_amplitudes_are_real_and_normal_with_the_papers_decay():
    """NumPy's transform finds them in the images."""
    images = fields(2000, 16, 16)
    amplitudes = 2 * np.fft.rfft2(images) / 16**2
    np.testing.assert_allclose(amplitudes.imag, 0, atol=1e-3)
    for k, column in ((0, 0), (0, 1), (1, 2), (2, 5), (-3, 7)):
        draws = amplitudes.real[:, k, column]
        wanted = max(1, np.hypot(k, column // 2)) ** -3.0
        np.testing.assert_allclose(draws.std(), wanted, rtol=0.08, err_msg=f"{k}, {column}")
        assert abs((draws**4).mean() / draws.std() ** 4 - 3) < 0.6


def test_what_is_left_out_is_small():
    """The variance beyond the highest frequency, at 224 pixels, as a share of all but the mean's."""
    down, across = tf.range(-112, 112), tf.range(113)
    variance = _scales(down, across, 224, 224, 3.0).numpy() ** 2
    variance[112, 0] = 0
    kept = variance[112 - HIGHEST : 112 + HIGHEST + 1, : 2 * HIGHEST + 1].sum()
    assert 1 - kept / variance.sum() < 1e-5


# ---- ranking ----


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(some.lists(some.integers(-3, 3) | some.integers(1 - 2**29, 2**29 - 1), min_size=1, max_size=30), some.data())
def test_largest_are_those_of_a_stable_sort(values, data):
    count = data.draw(some.integers(0, len(values)))
    with op_by_op():
        chosen = largest(tf.constant([values, values[::-1]]), tf.constant([count, len(values) - count])).numpy()
    for row, order, wanted in ((0, values, count), (1, values[::-1], len(values) - count)):
        ranked = sorted(range(len(order)), key=lambda place: (-order[place], place))
        assert np.flatnonzero(chosen[row]).tolist() == sorted(ranked[:wanted])


# ---- masks ----


def test_areas_are_drawn_from_the_beta_and_rounded_to_pixels():
    mixer = cm.FMix(alpha=0.7)
    with op_by_op():
        plan = mixer.plan(Canvas(*map(tf.constant, (3000, 9, 7))), SEED)
    kept = 63 - plan.mask.numpy().sum(axis=(1, 2))
    drawn = np.rint(63 * np.random.default_rng(0).beta(0.7, 0.7, 100_000))
    quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
    np.testing.assert_allclose(np.quantile(kept, quantiles), np.quantile(drawn, quantiles), atol=3)


def test_shapes_are_smooth():
    with op_by_op():
        laws.shapes_are_smooth(cm.FMix())


def test_a_batch_can_share_its_shape():
    with op_by_op():
        mask = cm.FMix(per="batch").plan(Canvas(*map(tf.constant, (9, 8, 8))), SEED).mask.numpy()
    assert (mask == mask[0]).all()


def test_shares_are_whole_pixels_at_224():
    with op_by_op():
        images, labels = laws.painted_batch(3, 224, 224)
        mixed, targets = cm.FMix()(images, labels, seed=SEED)
    kept = (mixed.numpy()[..., 0] == np.arange(3)[:, None, None]).mean(axis=(1, 2))
    np.testing.assert_array_equal(targets[:, 0, 1], np.float32(kept))


@pytest.mark.parametrize("rule", ["area", "semantic"])
def test_objects_behind_a_shape_are_counted(rule):
    with op_by_op():
        laws.labels_describe_the_objects(cm.ObjectAware(cm.FMix(), rule, "masks"), rule)


@pytest.mark.parametrize(("name", "value"), [("alpha", 0), ("decay", 0.5), ("decay", 11), ("prob", -1), ("per", "x")])
def test_bad_settings_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        cm.FMix(**{name: value})
