"""Random calls of random mixers: either a documented error, or all laws hold."""

import os

import numpy as np
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

import cutmix_tf as cm
from cutmix_tf import mixing

EXAMPLES = int(os.environ.get("CUTMIX_FUZZ_EXAMPLES", "40"))
DOCUMENTED = (ValueError, TypeError, tf.errors.InvalidArgumentError)

number = some.one_of(some.floats(-1, 5, allow_nan=False), some.sampled_from([0, 1, 0.5, "1", None, float("nan")]))
per = some.sampled_from(["example", "batch", "image"])
mixers = some.deferred(
    lambda: some.one_of(
        some.builds(
            make,
            some.just(cm.CutMix),
            some.fixed_dictionaries({}, optional={"alpha": number, "prob": number, "per": per}),
        ),
        some.builds(make, some.just(cm.MixUp), some.fixed_dictionaries({}, optional={"alpha": number, "prob": number})),
        some.builds(
            make, some.just(cm.AttentiveCutMix), some.fixed_dictionaries({}, optional={"top_n": some.integers(-1, 12)})
        ),
        some.builds(
            make,
            some.just(cm.Cutout),
            some.fixed_dictionaries({}, optional={"size": some.integers(-1, 9), "fill": number}),
        ),
        some.builds(
            make,
            some.just(cm.RandomErasing),
            some.fixed_dictionaries({"fill": some.sampled_from([0.0, "noise", "colour", 300])}),
        ),
        some.builds(
            make,
            some.just(cm.HideAndSeek),
            some.fixed_dictionaries({"sides": some.lists(some.integers(-1, 9), max_size=3)}),
        ),
        some.builds(
            make,
            some.just(mixing.FixedSizeCutMix),
            some.fixed_dictionaries({}, optional={"size": some.integers(-1, 9)}),
        ),
        some.builds(make, some.just(cm.OneOf), some.fixed_dictionaries({"mixers": some.lists(mixers, max_size=3)})),
    )
)


def make(kind, arguments):
    """The mixer, or the documented error that it was refused with."""
    try:
        return kind(**arguments)
    except DOCUMENTED as error:
        return error


@some.composite
def elements(draw):
    """Images, labels and more, in shapes that fit together or not quite."""
    count = draw(some.integers(1, 5))
    height, width, channels = draw(some.integers(1, 9)), draw(some.integers(1, 9)), draw(some.sampled_from([1, 3, 4]))
    dtype = draw(some.sampled_from(["uint8", "float16", "bfloat16", "float32", "int32", "bool"]))
    numbers = np.broadcast_to(np.arange(count).reshape(-1, 1, 1, 1) % 2, (count, height, width, channels))
    element = {"images": tf.cast(tf.constant(numbers), dtype)}
    ids = np.arange(count) % 2
    element["labels"] = draw(
        some.sampled_from(
            [ids.astype("int32"), ids[:, None], np.eye(2, dtype="float32")[ids], ids.astype("float32"), ids[:-1]]
        )
    )
    if draw(some.booleans()):
        element["sample_weights"] = np.linspace(0, 1, count).astype("float32")
    if draw(some.booleans()):
        element["segmentation_masks"] = np.broadcast_to(numbers[..., :1], (count, height, width, 1)).astype("int32")
    if draw(some.booleans()):
        cells = draw(some.tuples(some.integers(1, 4), some.integers(1, 4)))
        element["attention"] = np.random.default_rng(0).random((count, *cells)).astype("float32")
    if draw(some.integers(0, 9)) == 0:
        element["bounding_boxes"] = np.zeros((count, 4))
    return element


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 1000)
@given(mixers, elements(), some.tuples(some.integers(-(2**31), 2**31 - 1), some.integers(0, 99)))
def test_any_call_is_refused_or_lawful(mixer, element, seed):
    if isinstance(mixer, Exception):
        assert str(mixer)
        return
    try:
        mixed = mixer(element, seed=seed)
    except DOCUMENTED:
        return
    _lawful(mixer, element, mixed)


def _lawful(mixer, element, mixed):
    """The class of a picture is its brightness, 0 or 1: the targets tell the mean of every mixed picture."""
    images, targets = tf.cast(mixed["images"], tf.float64).numpy(), np.asarray(mixed["labels"], np.float64)
    assert images.shape == element["images"].shape
    assert "attention" not in mixed
    if mixer.keeps_labels:
        np.testing.assert_array_equal(mixed["labels"], element["labels"])
        return
    soft = np.asarray(cm.targets.to_soft(mixed["labels"], 2)) if targets.ndim == 3 else targets
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-5)
    pasting = not any(name in repr(mixer) for name in ("Cutout", "RandomErasing", "HideAndSeek"))
    if pasting and "sample_weights" not in element:
        np.testing.assert_allclose(soft[:, 1], images.mean(axis=(1, 2, 3)), atol=5e-3)
    if "segmentation_masks" in mixed and pasting:
        np.testing.assert_array_equal(np.asarray(mixed["segmentation_masks"])[..., 0], images[..., 0])
